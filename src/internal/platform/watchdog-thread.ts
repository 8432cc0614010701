/**
 * The thread of the watchdog: looks whether the event loop turns. When it stands still it interrupts the main thread for some milliseconds, reads the stack and what
 * runs, and writes it to standard error by itself, for the loop cannot.
 *
 * Stillness is counted in looks, not in time: a machine that slept or a process that was stopped has not blocked.
 */
import { writeSync } from 'node:fs'
import { type Debugger, Session } from 'node:inspector'
import { parentPort, workerData } from 'node:worker_threads'
import { beatCell, stopCell } from '../loop-cells.ts'
import { logLine } from './stderr-log.ts'
import { type Block, type LoopPlace, placeSymbol, tickMs, type WatchOrder } from './watchdog.ts'

/** A call that cannot be interrupted is reported without its stack after so long. */
const pauseMs = 1_000

const framesMax = 20

type Seen = Omit<Block, 'blockedMs'>

const { cells, order: firstOrder } = workerData as { readonly cells: Int32Array; readonly order: WatchOrder }
let order = firstOrder
let timer = setInterval(look, tickMs(order.blockedAfterMs))
let beat = -1
let still = 0
let looking: Look | undefined

parentPort?.on('message', (changed: WatchOrder) => {
  order = changed
  clearInterval(timer)
  timer = setInterval(look, tickMs(order.blockedAfterMs))
})

function look(): void {
  const now = Atomics.load(cells, beatCell)
  if (now === beat) {
    still++
    if (looking === undefined && still * tickMs(order.blockedAfterMs) >= order.blockedAfterMs) looking = new Look(now)
    return
  }
  beat = now
  still = 0
  if (looking === undefined) return
  parentPort?.postMessage(looking.end())
  looking = undefined
}

/** One block of the loop, from when it was noticed. */
class Look {
  readonly #beat: number
  readonly #scripts: Map<string, string> = new Map()
  #session: Session | undefined
  #seen: Seen = { stop: order.stops[Atomics.load(cells, stopCell) - 1], event: undefined, stack: [] }
  #isTold = false

  constructor(at: number) {
    this.#beat = at
    if (order.mayPause) this.#pause()
    setTimeout(() => this.#tell(), order.mayPause ? pauseMs : 0)
  }

  /** The loop turns again. */
  end(): Seen {
    this.#tell()
    this.#close()
    return this.#seen
  }

  #pause(): void {
    const session = new Session()
    this.#session = session
    session.connectToMainThread()
    session.on('Debugger.scriptParsed', ({ params }) => this.#scripts.set(params.scriptId, params.url))
    session.on('Debugger.paused', ({ params }) => this.#paused(params.callFrames))
    session.post('Debugger.enable')
    session.post('Debugger.pause')
  }

  #paused(frames: readonly Debugger.CallFrame[]): void {
    // Too late: what runs now is not what blocked.
    if (Atomics.load(cells, beatCell) !== this.#beat) return this.#close()
    const stack = frames.slice(0, framesMax).map((frame) => this.#frame(frame))
    const expression = `globalThis[Symbol.for(${JSON.stringify(placeSymbol)})]?.()`
    this.#session?.post(
      'Runtime.evaluate',
      { expression, returnByValue: true, silent: true },
      (_error, answer?: { result?: { value?: unknown } }) => {
        const value = answer?.result?.value
        const place = (typeof value === 'string' ? JSON.parse(value) : {}) as Partial<LoopPlace>
        this.#seen = { stop: place.stop ?? this.#seen.stop, event: place.event, stack }
        this.#close()
        this.#tell()
      },
    )
  }

  #frame({ functionName, location }: Debugger.CallFrame): string {
    const where = `${this.#scripts.get(location.scriptId) ?? ''}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`
    return functionName === '' ? where : `${functionName} (${where})`
  }

  #close(): void {
    this.#session?.post('Debugger.resume')
    this.#session?.disconnect()
    this.#session = undefined
  }

  #tell(): void {
    if (this.#isTold) return
    this.#isTold = true
    const blockedMs = Math.round(still * tickMs(order.blockedAfterMs))
    writeSync(2, logLine('warn', { ...this.#seen, blockedMs }, 'the event loop is blocked'))
  }
}
