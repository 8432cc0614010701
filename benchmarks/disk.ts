/** What appending costs through the page cache and past it: the reason for decision 0012, on the machine at hand. */
import { join } from 'node:path'
import { nodeDisk } from '../src/internal/platform/node-disk.ts'
import { numberOf, verify } from './bench.ts'
import type { Bench, BenchOptions } from './bench.ts'
import { inFolder } from './folder.ts'
import { Durations, rounded } from './percentiles.ts'

export const disk: Bench = {
  name: 'disk',
  purpose: 'pieces appended to a file, each with a sync: through the page cache, and past it',
  options: {
    kib: { type: 'string', hint: 'of a piece; default 256' },
    pieces: { type: 'string', hint: 'default 400' },
  },
  run: (options) => inFolder((dir) => run(dir, options)),
}

interface Appending {
  readonly mbPerSecond: number
  readonly p50Ms: number
  readonly cpuUsPerKb: number
}

async function run(dir: string, options: BenchOptions): Promise<Readonly<Record<string, unknown>>> {
  const bytes = numberOf(options, 'kib', 256) * 1024
  const pieces = numberOf(options, 'pieces', 400)
  // Memory that the disk did not hand out goes through the cache, whatever its size.
  const cached = await append(join(dir, 'cached'), Buffer.alloc(bytes, 1), pieces)
  const direct = await append(join(dir, 'direct'), nodeDisk.buffer(bytes).fill(1), pieces)
  return { bench: 'disk', pieceBytes: bytes, pieces, cached, direct }
}

async function append(path: string, piece: Uint8Array, pieces: number): Promise<Appending> {
  const file = await nodeDisk.open(path, { create: true })
  const durations = new Durations(pieces)
  const cpuBefore = process.cpuUsage()
  const from = performance.now()
  for (let index = 0; index < pieces; index++) {
    const begin = performance.now()
    await file.write([piece], index * piece.length)
    await file.sync()
    durations.add(performance.now() - begin)
  }
  const seconds = (performance.now() - from) / 1000
  const cpu = process.cpuUsage(cpuBefore)
  const total = pieces * piece.length
  verify((await file.size()) === total, `${path} has ${total} bytes`)
  await file.close()
  return {
    mbPerSecond: rounded(total / 1e6 / seconds, 0),
    p50Ms: rounded(durations.percentile(0.5)),
    cpuUsPerKb: rounded((cpu.user + cpu.system) / (total / 1000), 2),
  }
}
