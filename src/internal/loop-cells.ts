/**
 * What another thread can read of the event loop while it is blocked: that it still turns, and which stop's handler it is in. Plain numbers in shared memory, because
 * they are written once an event.
 */

/** Counts the turns that the watchdog asks for. */
export const beatCell = 0

/** The number of the stop whose handler runs now; 0 for none. */
export const stopCell = 1

export const loopCells: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(8))

const names: string[] = []

/** The number that stands for a stop in `stopCell`, from 1. */
export function numberOfStop(name: string): number {
  const index = names.indexOf(name)
  return index >= 0 ? index + 1 : names.push(name)
}

/** The stops that have a number, in order. */
export function numberedStops(): readonly string[] {
  return names
}
