/** A thread that says "now" at the moments of a schedule, more exactly than a timer of a busy event loop can. */
import { parentPort, workerData } from 'node:worker_threads'

const { intervalMs, startEpochMs }: { readonly intervalMs: number; readonly startEpochMs: number } = workerData
const never = new Int32Array(new SharedArrayBuffer(4))
// The clocks of two threads differ by their origins.
for (let due = startEpochMs - performance.timeOrigin; ; due += intervalMs) {
  const waitMs = due - performance.now()
  if (waitMs > 0) Atomics.wait(never, 0, 0, waitMs)
  parentPort?.postMessage(null)
}
