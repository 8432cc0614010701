/** The process itself: signals and rejections that nobody handles. */
import process from 'node:process'

/**
 * Calls `stop` on the first SIGTERM or SIGINT and ends the process when it has resolved: with 0, or with 1 when it rejected. A second signal ends
 * the process at once, with 143 or 130. Answers how to take the handlers back.
 */
export function onSignals(stop: () => Promise<unknown>): () => void {
  let stops = false
  const handle = (signal: NodeJS.Signals): void => {
    if (stops) process.exit(signal === 'SIGTERM' ? 143 : 130)
    stops = true
    void stop().then(
      () => process.exit(process.exitCode ?? 0),
      () => process.exit(1),
    )
  }
  process.on('SIGTERM', handle)
  process.on('SIGINT', handle)
  return () => {
    // While the stop that a signal began is under way, a second signal must still end the process.
    if (stops) return
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
