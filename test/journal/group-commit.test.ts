import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Journal } from '../../src/journal/index.ts'
import { SimDisk, VirtualClock } from '../../src/testing/index.ts'
import { group, open, record, topics, unit } from './kit.ts'

const muchBytes = 300_000

/** A journal on a disk whose syncs take a second, and what it has told. */
async function started(): Promise<{
  readonly journal: Journal
  readonly clock: VirtualClock
  /** Writes since the start. */
  readonly writes: () => number
  readonly append: (bytes: number) => void
  /** How many writes there were when it told of each group. */
  readonly told: readonly number[]
}> {
  const clock = new VirtualClock()
  const disk = new SimDisk({ clock })
  const journal = await open(disk, { clock })
  journal.createTopics(topics)
  await clock.settle()
  disk.fail((call) => (call.name === 'sync' ? { delayMs: 1000 } : undefined))
  const before = disk.callCount('write')
  const writes = (): number => disk.callCount('write') - before
  const told: number[] = []
  journal.listen({ durable: () => told.push(writes()), failed: assert.ifError, pressed: () => undefined })
  const append = (bytes: number): void => {
    journal.append(group, unit({ 'a/0': [record('r', 'x'.repeat(bytes))] }))
  }
  return { journal, clock, writes, append, told }
}

test('much goes to the disk in the middle of a turn, and little when the turn is over', async () => {
  const { clock, writes, append } = await started()

  append(1)
  assert.equal(writes(), 0)
  append(muchBytes)
  assert.equal(writes(), 1)

  await clock.advance(1_000)
  append(1)
  assert.equal(writes(), 1)
  await clock.settle()
  assert.equal(writes(), 2)
})

test('one group is on its way at a time, and the next takes all that has come meanwhile', async () => {
  const { journal, clock, writes, append, told } = await started()

  append(muchBytes)
  await clock.settle()
  append(muchBytes)
  append(muchBytes)
  await clock.settle()
  assert.equal(writes(), 1)
  await clock.advance(2_000)

  assert.equal(writes(), 2)
  assert.equal(told.length, 2)
  assert.equal(journal.durable, journal.end)
})

test('a group of much is on its way before anybody hears of the one before', async () => {
  const { clock, append, told } = await started()

  append(muchBytes)
  append(muchBytes)
  append(1)
  await clock.advance(2_000)

  assert.deepEqual(told, [2, 2])
})

test('a small group waits until those have had their turn who hear of the one before', async () => {
  const { clock, append, told } = await started()

  append(muchBytes)
  append(1)
  await clock.advance(2_000)

  assert.deepEqual(told, [1, 2])
})
