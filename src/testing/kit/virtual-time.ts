/** Date, timers and clocks under their usual names, on the clock of an ambience. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock, Timer } from '../../internal/platform/platform.ts'
import type { Ambience, Callable, Replacement } from './ambience.ts'

/** What `setTimeout` and the others answer inside. */
class VirtualTimer {
  readonly #arm: () => Timer
  #timer: Timer | undefined

  constructor(arm: (timer: VirtualTimer) => Timer) {
    this.#arm = () => arm(this)
    this.refresh()
  }

  refresh(): this {
    this.#timer?.cancel()
    this.#timer = this.#arm()
    return this
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  hasRef(): boolean {
    return this.#timer !== undefined
  }

  /** Nothing keeps a process alive here. */
  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

/** Everything that tells the time or waits for it. */
export function* timeReplacements(): Generator<Replacement> {
  const timers = process.getBuiltinModule('timers')
  const promises = process.getBuiltinModule('timers/promises')
  yield {
    owner: globalThis,
    name: 'Date',
    inside: ({ clock }) => new Date(clock.now()).toString(),
    construct: ({ clock }, args) => (args.length > 0 ? args : [clock.now()]),
  }
  yield { owner: Date, name: 'now', inside: ({ clock }) => clock.now() }
  yield { owner: performance, name: 'now', inside: ({ clock }) => clock.monotonic() }
  yield { owner: process, name: 'hrtime', inside: ({ clock }, [since]) => hrtime(clock, since) }
  yield { owner: process.hrtime, name: 'bigint', inside: ({ clock }) => BigInt(Math.round(clock.monotonic() * 1e6)) }
  for (const owner of [globalThis, timers]) {
    yield { owner, name: 'setTimeout', inside: setOnce }
    yield { owner, name: 'setInterval', inside: setAgain }
    yield { owner, name: 'setImmediate', inside: setSoon }
    for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate'])
      yield {
        owner,
        name,
        inside: (_, [timer], real) => (timer instanceof VirtualTimer ? timer.close() : real(timer)),
      }
  }
  const later = waiting((ambience, run, ms) => setOnce(ambience, [run, ms]))
  const soon = waiting((ambience, run) => setSoon(ambience, [run]))
  // What `util.promisify` makes of the timers is these.
  yield {
    owner: promises,
    name: 'setTimeout',
    inside: (ambience, [ms, value, options]) => later(ambience, value, options, ms),
  }
  yield {
    owner: promises,
    name: 'setImmediate',
    inside: (ambience, [value, options]) => soon(ambience, value, options),
  }
  yield {
    owner: promises,
    name: 'setInterval',
    async *inside(ambience, [ms, value, options]) {
      for (;;) yield await later(ambience, value, options, Math.max(1, msOf(ms)))
    },
  }
  yield {
    owner: promises.scheduler,
    name: 'wait',
    inside: (ambience, [ms, options]) => later(ambience, undefined, options, ms),
  }
  yield { owner: AbortSignal, name: 'timeout', inside: abortAfter }
}

function hrtime(clock: Clock, since: unknown): readonly [seconds: number, nanoseconds: number] {
  const [seconds = 0, nanoseconds = 0] = (since ?? []) as readonly number[]
  const elapsed = Math.round(clock.monotonic() * 1e6) - (seconds * 1e9 + nanoseconds)
  return [Math.floor(elapsed / 1e9), elapsed % 1e9]
}

function setOnce({ clock }: Ambience, [run, ms, ...args]: readonly unknown[]): VirtualTimer {
  const call = bound(run, args)
  return new VirtualTimer(() => clock.timer(msOf(ms), call))
}

function setAgain({ clock }: Ambience, [run, ms, ...args]: readonly unknown[]): VirtualTimer {
  const call = bound(run, args)
  // At least a millisecond, as Node has it: time would stand still.
  return new VirtualTimer((timer) =>
    clock.timer(Math.max(1, msOf(ms)), () => {
      timer.refresh()
      call()
    }),
  )
}

function setSoon({ clock }: Ambience, [run, ...args]: readonly unknown[]): VirtualTimer {
  const call = bound(run, args)
  return new VirtualTimer(() => {
    let isCancelled = false
    clock.immediate(() => isCancelled || call())
    return { cancel: () => (isCancelled = true) }
  })
}

/** Runs in the asynchronous scope in which it was asked for. */
const bound = (run: unknown, args: readonly unknown[]): (() => unknown) =>
  AsyncLocalStorage.bind(() => (run as Callable)(...args))

const msOf = (ms: unknown): number => Math.max(0, Number(ms) || 0)

type Set = (ambience: Ambience, run: () => void, ms?: unknown) => VirtualTimer

/** The form that answers a promise, with a signal that may end it. */
const waiting =
  (set: Set) =>
  (ambience: Ambience, value: unknown, options: unknown, ms?: unknown): Promise<unknown> => {
    const { signal } = (options ?? {}) as { readonly signal?: AbortSignal }
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        timer?.close()
        const error = new DOMException('The operation was aborted', 'AbortError')
        reject(Object.assign(error, { cause: signal?.reason as unknown }))
      }
      const timer =
        signal?.aborted === true
          ? undefined
          : set(
              ambience,
              () => {
                signal?.removeEventListener('abort', abort)
                resolve(value)
              },
              ms,
            )
      if (timer === undefined) abort()
      else signal?.addEventListener('abort', abort, { once: true })
    })
  }

function abortAfter(ambience: Ambience, [ms]: readonly unknown[]): AbortSignal {
  const controller = new AbortController()
  const late = new DOMException('The operation was aborted due to timeout', 'TimeoutError')
  setOnce(ambience, [() => controller.abort(late), ms])
  return controller.signal
}
