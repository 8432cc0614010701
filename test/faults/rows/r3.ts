/**
 * R3: how long a journal takes to open after `kill -9` follows from what was being written, not from what it holds. Histories of up to 200 GiB as far as recovery can tell - thousands of sealed segments,
 * blown up to 64 MiB each with a hole that no disk has to hold - open within two seconds of the processor, and of a sealed segment nothing is read but its head and the head of its index.
 */
import { mkdirSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import type { Disk, DiskFile } from '../../../src/internal/platform/disk.ts'
import { nodePlatform } from '../../../src/internal/platform/node.ts'
import { openJournal } from '../../../src/journal/index.ts'
import { topics } from '../programs/journal-places.ts'
import { Child } from '../real/child.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

const MiB = 1024 * 1024
const segmentBytes = 64 * MiB
const openMsMax = 2000
/** Head of the file, and head and summary of its index: all that is read of a sealed segment. */
const sealedBytesMax = 12 * 1024
/** The best of some. What counts is the time of the processor and what is read: at a load of 30 the clock showed five seconds for one of work. */
const openings = 3

const histories = [
  { segments: 10, tailBytes: 64 * 1024 },
  { segments: 10, tailBytes: 32 * MiB },
  { segments: 1600, tailBytes: 64 * 1024 },
  { segments: 1600, tailBytes: 32 * MiB },
  { segments: 3200, tailBytes: MiB },
] as const

export const row: Row = {
  id: 'R3',
  title:
    'histories of 100 GiB and more, killed: open in 2 s of the processor, and nothing is read of what was sealed but its heads',
  tiers: 'N',
  run: (context) => eachCase(context, (item) => reopen(item, context)),
}

async function reopen({ number }: Case, context: RowContext): Promise<void> {
  const { segments, tailBytes } = histories[number % histories.length]!
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const filler = new Child({ program: 'history-life', life: { dir, segments, tailBytes } })
  const line = await filler.line('filled ', 300_000)
  filler.kill()
  await filler.ended
  const files = readdirSync(dir).filter((name) => name.endsWith('.seg'))
  const active = statSync(join(dir, files.at(-1)!)).size
  for (const name of files.slice(0, -1)) truncateSync(join(dir, name), segmentBytes)

  let fastest = Infinity
  let fastestWall = Infinity
  let readMost = 0
  for (let opening = 0; opening < openings; opening++) {
    const { ms, wallMs, bytesRead } = await timeOpening(dir, Number(line.slice('filled '.length)))
    fastest = Math.min(fastest, ms)
    fastestWall = Math.min(fastestWall, wallMs)
    readMost = Math.max(readMost, bytesRead)
  }
  const what = `${files.length} segments, ${Math.round((files.length * segmentBytes) / MiB / 1024)} GiB, the last one of ${(active / MiB).toFixed(1)} MiB`
  context.note(
    `${what}: ${fastestWall} ms, ${fastest} of them the processor's, ${(readMost / MiB).toFixed(1)} MiB read`,
  )
  if (fastest > openMsMax) throw new Error(`${what}: it took ${fastest} ms of the processor to open`)
  const allowed = 2 * active + MiB + files.length * sealedBytesMax
  if (readMost > allowed) throw new Error(`${what}: ${readMost} bytes were read, ${allowed} are expected`)
  rmSync(dir, { recursive: true })
}

/** Opens as an app does, writing; what was acknowledged must be there, from the first event to the last. */
async function timeOpening(
  dir: string,
  acknowledged: number,
): Promise<{ readonly ms: number; readonly wallMs: number; readonly bytesRead: number }> {
  let bytesRead = 0
  const disk = counting(nodePlatform.disk, (bytes) => (bytesRead += bytes))
  const began = performance.now()
  const before = process.cpuUsage()
  const journal = await openJournal({
    dir,
    platform: { ...nodePlatform, disk },
    segmentBytesMax: 1024 * MiB,
    reserveBytes: 0,
  })
  const { user, system } = process.cpuUsage(before)
  const answer = { ms: Math.round((user + system) / 1000), wallMs: Math.round(performance.now() - began), bytesRead }
  try {
    for (const offset of [0, acknowledged >> 1, acknowledged - 1]) {
      const [record] = await journal.read(topics.arrived, 0, offset, { recordsMax: 1, bytesMax: 1 })
      if (record?.ride !== `e${offset}`) throw new Error(`At ${offset} there is ${record?.ride ?? 'nothing'}`)
    }
  } finally {
    await journal.close()
  }
  return answer
}

/** The disk, told of each piece that is read. */
function counting(disk: Disk, read: (bytes: number) => void): Disk {
  const counted = (file: DiskFile): DiskFile =>
    new Proxy(file, {
      get(target, name) {
        if (name !== 'read') {
          const value = Reflect.get(target, name) as unknown
          return typeof value === 'function' ? value.bind(target) : value
        }
        return async (...args: Parameters<DiskFile['read']>) => {
          const count = await target.read(...args)
          read(count)
          return count
        }
      },
    })
  return new Proxy(disk, {
    get(target, name) {
      if (name === 'open') return async (...args: Parameters<Disk['open']>) => counted(await target.open(...args))
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
