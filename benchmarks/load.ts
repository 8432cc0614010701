/** The two ways to send: as fast as the app takes them, or at a rate that does not wait for the app. */
import { Worker } from 'node:worker_threads'

/** Sends that wait for their answer in a closed loop: some 5 ms of work at full speed. More of them live longer, which the garbage collector is paid for. */
export const outstandingDefault = 500
const burstsMax = 4

/** Sends one event; resolves when it is durable. */
export type Send = (index: number) => Promise<unknown>

/** Closed loop: so many sends wait for their answer, in four bursts. `starting` is told when a burst is about to be sent. */
export async function sendAll(
  count: number,
  send: Send,
  starting: (from: number, to: number, atMs: number) => void = () => {},
  outstanding: number = outstandingDefault,
): Promise<void> {
  const burstSize = Math.max(1, Math.round(outstanding / burstsMax))
  const bursts: Promise<unknown>[] = []
  for (let from = 0; from < count; from += burstSize) {
    const to = Math.min(count, from + burstSize)
    starting(from, to, performance.now())
    // Answers come in order, so the last one is enough; one before it that is refused ends the process.
    let last: Promise<unknown> | undefined
    for (let index = from; index < to; index++) last = send(index)
    bursts.push(last!)
    if (bursts.length === burstsMax) await bursts.shift()
  }
  await Promise.all(bursts)
}

/**
 * Open loop: event i is due `i / rate` seconds after the start, whatever the app does. A thread of its own keeps the time, so that a busy
 * event loop is charged to the app and not hidden by a late timer. `dueMs` of every event is what its latency counts from. `startMs` is to lie
 * `leadMs` ahead: the thread takes a while to start, and its lateness is not the app's.
 */
export async function sendAtRate(count: number, rate: number, send: Send, startMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const ticker = new Worker(new URL('ticker.ts', import.meta.url), {
    workerData: { intervalMs: Math.max(1000 / rate, 0.5), startEpochMs: performance.timeOrigin + startMs },
  })
  let sent = 0
  let answered = 0
  ticker.on('error', reject)
  ticker.on('message', () => {
    for (const now = performance.now(); sent < count && dueMs(sent, rate, startMs) <= now; sent++)
      send(sent).then(() => {
        if (++answered === count) resolve()
      }, reject)
  })
  try {
    await promise
  } finally {
    await ticker.terminate()
  }
}

/** How far ahead an open loop is to be scheduled. */
export const leadMs = 500

/** When event `index` of an open loop is due. */
export const dueMs = (index: number, rate: number, startMs: number): number => startMs + (index * 1000) / rate
