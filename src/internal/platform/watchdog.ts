/**
 * Tells what blocks the event loop, while it does. The loop bumps a number in shared memory; a thread looks whether it moves, and when it stands
 * still asks the inspector what runs (`watchdog-thread.ts`). One thread serves all apps of a process.
 *
 * Invariants:
 * - W1 Neither the thread nor the timer keeps the process alive.
 * - W2 Nothing is done while the loop turns but one number written a tick.
 */
import { url as inspectorUrl } from 'node:inspector'
import { Worker } from 'node:worker_threads'
import { beatCell, loopCells, numberedStops } from '../loop-cells.ts'

/** What runs, as plain data. */
export interface LoopPlace {
  readonly stop: string | undefined
  readonly event: string | undefined
}

/** What blocked the loop, as far as it could be seen. */
export interface Block extends LoopPlace {
  /** `function (file:line:column)`, innermost first; empty when it was in a call that cannot be interrupted. */
  readonly stack: readonly string[]
  readonly blockedMs: number
}

export interface Watcher {
  readonly blockedAfterMs: number
  /** What of this watcher's runs now. Called in the midst of the code that blocks, so it only looks. */
  place(): LoopPlace | undefined
  /** The block is over. True when it was this watcher's. */
  ended(block: Block): boolean
  /** The thread cannot run: nobody watches. */
  failed(error: unknown): void
}

/** What the thread is told. */
export interface WatchOrder {
  readonly blockedAfterMs: number
  readonly stops: readonly string[]
  /** False while somebody debugs: what stands at a breakpoint must not be resumed. */
  readonly mayPause: boolean
}

/** Where the thread finds the function that tells what runs. */
export const placeSymbol = 'metrobus.watchdog.place'

/** It holds a list of scripts at most. */
const resourceLimits = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 }

const watchers: Set<Watcher> = new Set()
let thread: Worker | undefined
let timer: NodeJS.Timeout | undefined
let order: WatchOrder | undefined
let lastBeat = 0
let longestMs = 0

/** How often the loop beats and the thread looks. */
export function tickMs(blockedAfterMs: number): number {
  return Math.min(250, Math.max(5, blockedAfterMs / 4))
}

/** Begins to watch for `watcher`. Answers how to end it. */
export function watchLoop(watcher: Watcher): () => Promise<void> {
  watchers.add(watcher)
  restart()
  return async () => {
    watchers.delete(watcher)
    if (watchers.size > 0) return restart()
    clearInterval(timer)
    const ending = thread
    thread = undefined
    Reflect.deleteProperty(globalThis, Symbol.for(placeSymbol))
    await ending?.terminate()
  }
}

function restart(): void {
  const blockedAfterMs = Math.min(...[...watchers].map((watcher) => watcher.blockedAfterMs))
  clearInterval(timer)
  lastBeat = performance.now()
  timer = setInterval(beat, tickMs(blockedAfterMs)).unref()
  tell({ blockedAfterMs, stops: [...numberedStops()], mayPause: inspectorUrl() === undefined })
}

function tell(changed: WatchOrder): void {
  order = changed
  if (thread === undefined) start(changed)
  else thread.postMessage(changed)
}

function start(first: WatchOrder): void {
  Object.defineProperty(globalThis, Symbol.for(placeSymbol), { value: place, configurable: true })
  // Run directly it is TypeScript, compiled it is JavaScript: as this file.
  const file = import.meta.url.endsWith('.ts') ? './watchdog-thread.ts' : './watchdog-thread.js'
  const started = new Worker(new URL(file, import.meta.url), {
    workerData: { cells: loopCells, order: first },
    execArgv: [],
    resourceLimits,
  })
  thread = started
  started.unref()
  started.on('message', ended)
  started.on('error', (error) => {
    if (thread === started) thread = undefined
    clearInterval(timer)
    for (const watcher of watchers) watcher.failed(error)
  })
}

function beat(): void {
  Atomics.add(loopCells, beatCell, 1)
  const now = performance.now()
  longestMs = Math.max(longestMs, now - lastBeat)
  lastBeat = now
  const mayPause = inspectorUrl() === undefined
  if (order !== undefined && order.mayPause !== mayPause) tell({ ...order, mayPause })
}

/** Called by the thread, through the inspector. */
function place(): string {
  for (const watcher of watchers) {
    const found = watcher.place()
    if (found !== undefined) return JSON.stringify(found)
  }
  return '{}'
}

function ended(seen: Omit<Block, 'blockedMs'>): void {
  const block: Block = { ...seen, blockedMs: Math.round(longestMs) }
  longestMs = 0
  for (const watcher of watchers) if (watcher.ended(block)) return
}
