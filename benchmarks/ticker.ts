/** A thread that says "now" at an interval, more exactly than a timer of a busy event loop can. */
import { parentPort, workerData } from 'node:worker_threads'

const { intervalMs }: { readonly intervalMs: number } = workerData
const never = new Int32Array(new SharedArrayBuffer(4))
for (let due = performance.now() + intervalMs; ; due += intervalMs) {
  const waitMs = due - performance.now()
  if (waitMs > 0) Atomics.wait(never, 0, 0, waitMs)
  parentPort?.postMessage(null)
}
