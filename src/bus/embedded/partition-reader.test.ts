import assert from 'node:assert/strict'
import test from 'node:test'
import type { Record } from '../../event/record.ts'
import type { MemberListener } from '../bus.ts'
import { offsetsOf, record } from '../conformance/fixture.ts'
import { PartitionLog } from './partition-log.ts'
import { PartitionReader } from './partition-reader.ts'
import { WindowBudget } from './window.ts'

/** A log whose journal keeps only some offsets, and answers when the test says so. */
class Scene {
  readonly log: PartitionLog
  readonly told: number[] = []
  readonly #kept: (offset: number) => boolean
  readonly #records: Record[] = []
  readonly asked: number[] = []
  #answers: (() => void)[] = []

  constructor({
    kept = () => true,
    cacheBytes = 1_000_000,
  }: { readonly kept?: (offset: number) => boolean; readonly cacheBytes?: number } = {}) {
    this.log = new PartitionLog('in', 0, 0, new WindowBudget(cacheBytes))
    this.#kept = kept
  }

  append(count: number): void {
    const from = this.#records.length
    const records = Array.from({ length: count }, (_, index) => {
      const made = record(`r${from + index}`)
      made.offset = from + index
      return made
    })
    this.#records.push(...records)
    this.log.appended(records)
    this.log.tellAhead()
  }

  sync(): void {
    this.log.synced = this.log.end
    this.log.tellAll()
  }

  reader({
    watermark = 0,
    above = [],
  }: { readonly watermark?: number; readonly above?: readonly number[] } = {}): PartitionReader {
    const listener: MemberListener = {
      assigned() {},
      revoked() {},
      ready: () => void this.told.push(this.told.length),
      failed() {},
      pressed() {},
    }
    const read = (
      _: string,
      __: number,
      offset: number,
      limits: { readonly recordsMax: number },
    ): Promise<Record[]> => {
      this.asked.push(offset)
      const found = this.#records
        .slice(0, this.log.synced)
        .filter((one) => one.offset >= offset && this.#kept(one.offset))
        .slice(0, limits.recordsMax)
      return new Promise((resolve) => this.#answers.push(() => resolve(found)))
    }
    const assignment = { topic: 'in', partition: 0, watermark, above, generation: 1 }
    return new PartitionReader(this.log, { read }, assignment, listener, assert.ifError)
  }

  /** Lets every read that is on its way come back. */
  async answer(): Promise<void> {
    const answers = this.#answers
    this.#answers = []
    for (const answer of answers) answer()
    await Promise.resolve()
    await Promise.resolve()
  }
}

const poll = (reader: PartitionReader, recordsMax = 100, ahead = false): number[] =>
  offsetsOf(reader.poll({ recordsMax, ahead }))

test('goes from the journal to the window in one poll, also when what was settled ends inside the window', async () => {
  const scene = new Scene()
  scene.append(10)
  scene.sync()
  const reader = scene.reader({ above: [2, 12] })
  assert.deepEqual(poll(reader), [])
  scene.append(5)
  scene.sync()
  await scene.answer()
  assert.deepEqual(poll(reader), [0, 1, 12, 13, 14])
})

test('offsets that retention has removed are passed over, also into what was settled', async () => {
  const scene = new Scene({ kept: (offset) => offset < 2 || offset === 5 || offset > 8 })
  scene.append(12)
  scene.sync()
  const reader = scene.reader({ above: [4, 6] })
  assert.deepEqual(poll(reader), [])
  await scene.answer()
  assert.equal(scene.told.length, 1)
  assert.deepEqual(poll(reader, 2), [0, 1])
  assert.deepEqual(poll(reader), [9, 10, 11])
})

test('what was settled may end inside the window behind a gap', async () => {
  const scene = new Scene({ kept: (offset) => offset < 2 || offset === 5 })
  scene.append(10)
  scene.sync()
  const reader = scene.reader({ above: [4, 12] })
  poll(reader)
  scene.append(5)
  scene.sync()
  await scene.answer()
  assert.deepEqual(poll(reader, 2), [0, 1])
  assert.deepEqual(poll(reader), [12, 13, 14])
})

test('when nothing is left of the rest, the reader goes to its end and hears of what comes next', async () => {
  const scene = new Scene({ kept: (offset) => offset >= 6 })
  scene.append(6)
  scene.sync()
  const reader = scene.reader()
  assert.deepEqual(poll(reader), [])
  await scene.answer()
  assert.equal(scene.told.length, 0)
  assert.equal(reader.position, 6)
  scene.append(1)
  scene.sync()
  assert.equal(scene.told.length, 1)
  assert.deepEqual(poll(reader), [6])
})

test('a read that comes back after a rewind is not taken for what is wanted now', async () => {
  const scene = new Scene()
  scene.append(9)
  scene.sync()
  const reader = scene.reader({ watermark: 0 })
  reader.rewind(6)
  reader.rewind(3)
  await scene.answer()
  await scene.answer()
  assert.deepEqual(poll(reader), [3, 4, 5, 6, 7, 8])
})

test('asks the journal for one batch at a time, and for the next one as soon as one is handed over', async () => {
  const scene = new Scene()
  scene.append(1500)
  scene.sync()
  const reader = scene.reader()
  poll(reader)
  poll(reader)
  assert.deepEqual(scene.asked, [0])
  await scene.answer()
  assert.equal(poll(reader, 512).length, 512)
  assert.deepEqual(scene.asked, [0, 512])
  assert.deepEqual(poll(reader), [])
  await scene.answer()
  assert.deepEqual(poll(reader, 3), [512, 513, 514])
})

test('a closed reader asks for nothing and is told nothing', async () => {
  const scene = new Scene()
  scene.append(3)
  scene.sync()
  const reader = scene.reader()
  poll(reader)
  reader.close()
  await scene.answer()
  scene.append(1)
  scene.sync()
  assert.deepEqual([scene.asked.length, scene.told.length], [1, 0])
})

test('what every reader has passed is kept no longer, and what a slower one still needs is', () => {
  const scene = new Scene()
  const [fast, slow] = [scene.reader(), scene.reader()]
  scene.append(10)
  scene.sync()
  poll(fast, 8)
  assert.equal(scene.log.window.begin, 0)
  poll(slow, 5)
  assert.equal(scene.log.window.begin, 5)
  poll(slow, 4)
  assert.equal(scene.log.window.begin, 8)
  slow.close()
  poll(fast)
  assert.ok(scene.log.window.isEmpty)
})

test('a log that nobody reads keeps nothing in memory', () => {
  const scene = new Scene()
  scene.append(10)
  assert.ok(scene.log.window.isEmpty)
  const reader = scene.reader()
  scene.append(10)
  assert.ok(!scene.log.window.isEmpty)
  reader.close()
  assert.ok(scene.log.window.isEmpty)
})
