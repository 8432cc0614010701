/**
 * The real surroundings: Node's clocks, timers, randomness and disk. Nothing else in Metrobus calls them by their own names.
 */
import { nodeDisk } from './node-disk.ts'
import type { Clock, Platform, Random, Timer } from './platform.ts'

/** Kept, because the test kit puts a virtual one in its place, which stands on this one. */
const laterTurn = setImmediate

/** Takes time from the operating system. */
export const nodeClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  timer(delayMs, run, options): Timer {
    const timer = setTimeout(run, delayMs)
    if (options?.background === true) timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
  immediate(run) {
    laterTurn(run)
  },
}

/** Fast numbers for jitter, strong ids. */
export const nodeRandom: Random = {
  next: () => Math.random(),
  id: makeId,
}

/** What a started app gets when it is given nothing else. */
export const nodePlatform: Platform = { clock: nodeClock, random: nodeRandom, disk: nodeDisk }

const alphabet = 'abcdefghijklmnopqrstuvwxyz012345'
const idLength = 20
/** Random bytes are fetched in bulk: one call into the operating system serves 204 ids. */
const pool = { bytes: new Uint8Array(0), used: 0 }

/** 20 characters of 5 random bits each. */
function makeId(): string {
  if (pool.used + idLength > pool.bytes.length) {
    // On first use: it takes 10 ms to load, and a command that only looks makes no ids.
    pool.bytes = process.getBuiltinModule('node:crypto').randomBytes(4096)
    pool.used = 0
  }
  const from = pool.used
  pool.used += idLength
  // Joined and not added up, so that it is one piece: what is made of an id is written again and again.
  return Array.from(pool.bytes.subarray(from, pool.used), (byte) => alphabet[byte & 31]).join('')
}
