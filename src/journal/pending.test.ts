import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pageBytes } from '../internal/platform/page-buffer.ts'
import { FrameKind, readFrame } from './frame.ts'
import { Pending } from './pending.ts'
import type { Run } from './pending.ts'

const fields = { kind: FrameKind.seal, flags: 0, blocks: 0, sequence: 1, time: 0, durable: 0, chain: 0 }

/** Appends a frame of `bytes` payload filled with `fill`; answers its size. */
function append(pending: Pending, bytes: number, fill: number, segment: number, offset: number): number {
  pending.begin(offset)
  // Room is asked for in portions, as encoders do.
  for (let left = bytes; left > 0; left -= 100_000) {
    const portion = Math.min(left, 100_000)
    pending.need(portion)
    pending.buffer.fill(fill, pending.at, pending.at + portion)
    pending.at += portion
  }
  const { size } = pending
  pending.finish({ ...fields, position: segment + offset }, segment, offset)
  return size
}

test('brings every byte out once, in order and unchanged, whatever is appended while it is written', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ append: fc.oneof(fc.nat(2000), fc.nat(1_500_000)) }) },
    { weight: 2, arbitrary: fc.constant('take' as const) },
    { weight: 2, arbitrary: fc.constant('written' as const) },
    { weight: 1, arbitrary: fc.constant('forgotten' as const) },
    { weight: 1, arbitrary: fc.constant('roll' as const) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const pending = new Pending((bytes) => Buffer.alloc(bytes))
      let segment = 0
      let end = 0
      let fill = 0
      const expected: { position: number; size: number; fill: number }[] = []
      let inFlight: readonly Run[] = []
      const out = (runs: readonly Run[]): void => {
        for (const run of runs) {
          const buffer = Buffer.from(run.bytes)
          assert.equal(run.bytes.byteOffset % pageBytes, run.offset % pageBytes, 'in memory as in the file')
          for (let at = 0; at < buffer.length;) {
            const next = expected.shift()!
            const frame = readFrame(buffer, at, buffer.length, run.segment + run.offset + at)
            assert.ok(typeof frame !== 'string', 'a whole frame')
            assert.deepEqual([frame.position, frame.size], [next.position, next.size])
            assert.ok(buffer.subarray(at + 56, at + frame.size).every((byte) => byte === next.fill))
            at += frame.size
          }
        }
        pending.written(runs.length)
      }
      for (const one of steps) {
        if (one === 'take') inFlight = pending.take()
        else if (one === 'written') {
          out(inFlight)
          inFlight = []
        } else if (one === 'roll') segment = end
        else if (one === 'forgotten') {
          pending.begin(end - segment)
          pending.need(10)
          pending.at += 10
        } else {
          fill = (fill + 1) % 251
          const size = append(pending, one.append, fill, segment, end - segment)
          expected.push({ position: end, size, fill })
          end += size
        }
      }
      if (inFlight.length > 0) out(inFlight)
      while (pending.bytes > 0) out(pending.take())
      assert.deepEqual(expected, [])
    }),
    { numRuns: 150 },
  )
})

test('a group lies in one segment, and what could not be written comes first again', () => {
  const pending = new Pending((bytes) => Buffer.alloc(bytes))
  append(pending, 10, 1, 0, 64)
  append(pending, 10, 2, 1000, 64)
  const first = pending.take()
  assert.deepEqual(
    first.map((run) => run.segment),
    [0],
  )
  append(pending, 10, 3, 1000, 130)

  assert.deepEqual(pending.take(), first)
  pending.written(first.length)
  assert.deepEqual(
    pending.take().map((run) => [run.segment, run.offset]),
    [[1000, 64]],
  )
})

test('a chunk is not used again while any of its frames waits', () => {
  const pending = new Pending((bytes) => Buffer.alloc(bytes))
  const megabyte = 1024 * 1024
  append(pending, megabyte, 1, 0, 0)
  const taken = pending.take()
  append(pending, megabyte, 2, 0, 2 * megabyte)
  append(pending, 3 * megabyte, 3, 0, 4 * megabyte)
  pending.written(taken.length)
  append(pending, 3 * megabyte, 4, 0, 8 * megabyte)

  const [second] = pending.take()
  const frame = readFrame(Buffer.from(second!.bytes), 0, second!.bytes.length, 2 * megabyte)
  assert.ok(typeof frame !== 'string', 'a whole frame')
  assert.equal(second!.bytes.at(-1), 2)
})
