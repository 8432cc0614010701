import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimDisk } from '../testing/index.ts'
import { ChunkCache } from './chunk-cache.ts'
import type { Chunk, Pins } from './chunk-cache.ts'
import { frameHeaderBytes, FrameKind, readFrame } from './frame.ts'
import { Pending } from './pending.ts'
import { segmentName } from './segment-file.ts'
import { Segments } from './segments.ts'
import type { Segment } from './segments.ts'

const dir = '/journal'
const frameBytes = 600_000
const count = 16

/** A segment of some frames, each larger than the rest of the cache would bear twice. */
async function fixture(): Promise<{ disk: SimDisk; cache: ChunkCache; segment: Segment }> {
  const disk = new SimDisk({ log: false })
  await disk.mkdir(dir)
  const segments = new Segments(disk, dir, false, () => undefined)
  const segment = segments.begin(0)
  const file = await disk.open(segments.path(segmentName(0)), { create: true })
  const pending = new Pending((bytes) => Buffer.alloc(bytes))
  for (let index = 0; index < count; index++) {
    pending.begin(index * frameBytes)
    pending.need(frameBytes - frameHeaderBytes)
    pending.buffer.fill(index, pending.at, pending.at + frameBytes - frameHeaderBytes)
    pending.at += frameBytes - frameHeaderBytes
    const position = index * frameBytes
    pending.finish(
      { kind: FrameKind.seal, flags: 0, blocks: 0, position, sequence: 1, time: 0, durable: 0, chain: 0 },
      0,
      position,
    )
    const runs = pending.take()
    await file.write(
      runs.map((run) => run.bytes),
      position,
    )
    pending.written(runs.length)
  }
  segment.bytes = count * frameBytes
  return { disk, cache: new ChunkCache(segments), segment }
}

/** Whether a chunk still holds the frame that it was taken for. */
function holds(chunk: Chunk, index: number): boolean {
  const [frame] = chunk.frames
  if (frame === undefined || 'fault' in frame) return false
  return typeof readFrame(frame.buffer, frame.start, frame.start + frame.size, index * frameBytes) !== 'string'
}

test('what somebody has is not changed, however much others take', async () => {
  const { cache, segment } = await fixture()
  const take = (index: number, pins: Pins): Promise<Chunk> =>
    cache.take(segment, index * frameBytes, (index + 1) * frameBytes, pins)
  const mine: Pins = []
  const first = await take(0, mine)
  for (let round = 0; round < 3; round++)
    for (let index = 1; index < count; index++) {
      const pins: Pins = []
      assert.ok(holds(await take(index, pins), index))
      cache.release(pins)
    }

  assert.ok(holds(first, 0))
  cache.release(mine)
})

test('what was read is at hand for the next, and read again once it had to go', async () => {
  const { disk, cache, segment } = await fixture()
  const visit = async (index: number): Promise<void> => {
    const pins: Pins = []
    await cache.take(segment, index * frameBytes, (index + 1) * frameBytes, pins)
    cache.release(pins)
  }
  await visit(0)
  const reads = disk.callCount('read')
  await Promise.all([visit(0), visit(0)])
  assert.equal(disk.callCount('read'), reads)

  for (let index = 1; index < count; index++) await visit(index)
  const before = disk.callCount('read')
  await visit(0)
  assert.ok(disk.callCount('read') > before)
})

test('a read that failed is tried again by the next', async () => {
  const { disk, cache, segment } = await fixture()
  const pins: Pins = []
  disk.fail((call) => (call.name === 'read' ? { error: 'EIO' } : undefined))
  await assert.rejects(cache.take(segment, 0, frameBytes, pins), { code: 'EIO' })
  cache.release(pins)
  disk.fail(undefined)

  assert.ok(holds(await cache.take(segment, 0, frameBytes, pins), 0))
  cache.release(pins)
})
