/** The process itself: signals, and what nobody handles. */
import process from 'node:process'

/** A second SIGINT within so long is the echo of the first. */
const echoMs = 300

/** So long the program has for what it does behind a stop, such as its own files and connections. */
const afterwardsMs = 1_000

/**
 * Calls `stop` on the first SIGTERM or SIGINT. When that has resolved the process ends by itself, or is ended a second later: with 0, or with 1 when it
 * rejected. A second signal ends it at once, with 143 or 130. Answers how to take the handlers back.
 */
export function onSignals(stop: () => Promise<unknown>): () => void {
  let first: NodeJS.Signals | undefined
  let firstAt = 0
  const handle = (signal: NodeJS.Signals): void => {
    // Under npm one Ctrl-C comes twice: from the terminal and from npm.
    if (signal === 'SIGINT' && first === signal && performance.now() - firstAt < echoMs) return
    if (first !== undefined) process.exit(signal === 'SIGTERM' ? 143 : 130)
    first = signal
    firstAt = performance.now()
    void stop()
      .catch(() => (process.exitCode = 1))
      .then(() => setTimeout(() => process.exit(), afterwardsMs).unref())
  }
  process.on('SIGTERM', handle)
  process.on('SIGINT', handle)
  return () => {
    // While the stop that a signal began is under way, a second signal must still end the process.
    if (first !== undefined) return
    process.off('SIGTERM', handle)
    process.off('SIGINT', handle)
  }
}

type Listener = (error: unknown) => boolean

const listeners: Set<Listener> = new Set()

function dispatch(error: unknown): void {
  for (const listener of listeners) if (listener(error)) return
  // Nobody of ours knows it: as if we had never listened, unless somebody else does.
  if (process.listenerCount('unhandledRejection') === 1) throw error
}

/** Asks `listener`, in the asynchronous context of the rejected promise, whether it is its own. Answers how to take it back. */
export function onUnhandledRejection(listener: Listener): () => void {
  if (listeners.size === 0) process.on('unhandledRejection', dispatch)
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) process.off('unhandledRejection', dispatch)
  }
}

const witnesses: Set<(error: unknown) => void> = new Set()

function tell(error: unknown): void {
  for (const witness of witnesses) witness(error)
}

/** Tells `witness` of an exception that ends the process, in its asynchronous context. It ends all the same. Answers how to take it back. */
export function onUncaughtException(witness: (error: unknown) => void): () => void {
  if (witnesses.size === 0) process.on('uncaughtExceptionMonitor', tell)
  witnesses.add(witness)
  return () => {
    witnesses.delete(witness)
    if (witnesses.size === 0) process.off('uncaughtExceptionMonitor', tell)
  }
}
