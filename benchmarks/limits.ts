/** What this machine can do at best, measured in the same run: figures of different machines can be compared by it. */
import { closeSync, fdatasyncSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { contactOf } from './contact.ts'
import { Durations, rounded } from './percentiles.ts'

export interface Limits {
  /** Appending 4 MiB and fdatasync, again and again. */
  readonly writeMbPerSecond: number
  /** fdatasync alone, after 4 KiB were appended. */
  readonly fdatasyncP50Ms: number
  readonly fdatasyncP99Ms: number
  /** JSON.parse and JSON.stringify of the bench's own event, on one thread. */
  readonly jsonPerSecond: number
}

export function measureLimits(dir: string): Limits {
  // The first file pays for memory that a virtual machine has not used before; the second shows the disk.
  inFile(dir, sequentialMbPerSecond)
  const syncs = inFile(dir, smallSyncs)
  return {
    writeMbPerSecond: rounded(inFile(dir, sequentialMbPerSecond), 0),
    fdatasyncP50Ms: rounded(syncs.percentile(0.5)),
    fdatasyncP99Ms: rounded(syncs.percentile(0.99)),
    jsonPerSecond: Math.round(jsonPerSecond()),
  }
}

function inFile<Result>(dir: string, use: (file: number) => Result): Result {
  const path = join(dir, 'limits')
  const file = openSync(path, 'wx')
  try {
    return use(file)
  } finally {
    closeSync(file)
    unlinkSync(path)
  }
}

function smallSyncs(file: number): Durations {
  const block = Buffer.alloc(4096, 1)
  const durations = new Durations(500)
  for (let round = 0; round < 500; round++) {
    writeSync(file, block)
    const from = performance.now()
    fdatasyncSync(file)
    durations.add(performance.now() - from)
  }
  return durations
}

function sequentialMbPerSecond(file: number): number {
  const block = Buffer.alloc(4 * 1024 * 1024, 2)
  const rounds = 64
  const from = performance.now()
  for (let round = 0; round < rounds; round++) {
    writeSync(file, block)
    fdatasyncSync(file)
  }
  return (rounds * block.length) / 1e6 / ((performance.now() - from) / 1000)
}

/** The best of five: the others were disturbed. */
function jsonPerSecond(): number {
  const texts = Array.from({ length: 1000 }, (_, index) => JSON.stringify(contactOf(index)))
  let best = 0
  for (let round = 0; round < 6; round++) {
    let length = 0
    const count = 20_000
    const from = performance.now()
    for (let index = 0; index < count; index++) length += JSON.stringify(JSON.parse(texts[index % 1000]!)).length
    const seconds = (performance.now() - from) / 1000
    if (length > 0 && round > 0) best = Math.max(best, count / seconds)
  }
  return best
}
