import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Record as EventRecord } from '../event/record.ts'
import { nodeDisk } from '../internal/platform/node-disk.ts'
import { errorPrefix } from '../runtime/dead-letter.ts'
import { memory, SeededRandom, VirtualClock } from '../testing/index.ts'
import { deadLettersAtRest } from './dead-letters-at-rest.ts'
import type { ReadableDeadLetters } from './subject.ts'

const letter = (ride: string, cause: string, lastFailure: number): EventRecord =>
  new EventRecord(
    {
      ride,
      hop: 1,
      type: 't',
      source: '/s',
      time: 0,
      key: ride,
      correlationId: undefined,
      causationId: undefined,
      replay: 0,
      slip: '',
      headers: {
        tenant: 'x',
        [`${errorPrefix}exception`]: cause,
        [`${errorPrefix}fingerprint`]: `list/${cause}`,
        [`${errorPrefix}message`]: `it is ${cause}`,
        [`${errorPrefix}attempts`]: '5',
        [`${errorPrefix}first.failed.at`]: '1',
        [`${errorPrefix}last.failed.at`]: String(lastFailure),
      },
    },
    { ride },
    undefined,
  )

/** Two apps on one bus; of the first, offsets 0 and 2 of `list` are settled. */
async function stage(app: string | undefined): Promise<ReadableDeadLetters> {
  const bus = memory()
  await bus.open({ clock: new VirtualClock(), random: new SeededRandom(1), disk: nodeDisk })
  const topics = ['one.list', 'one.list.dlq', 'one.entry.orders.dlq', 'two.list.dlq']
  await bus.ensureTopics(topics.map((name) => ({ name, partitions: 1 })))
  const nobody = { assigned: () => {}, revoked: () => {}, ready: () => {}, failed: () => {}, pressed: () => {} }
  const member = await bus.join('one', [{ topic: 'one.list.dlq' }], nobody)
  const list = ['a', 'b', 'c', 'd'].map((ride, index) => letter(ride, index === 3 ? 'slow' : 'bad', 10 + index))
  await member.settle({
    outputs: [
      { topic: 'one.list.dlq', partition: 0, records: list },
      { topic: 'one.entry.orders.dlq', partition: 0, records: [letter('e', 'bad', 20)] },
      { topic: 'two.list.dlq', partition: 0, records: [letter('f', 'bad', 30)] },
    ],
    acknowledgements: [{ topic: 'one.list.dlq', partition: 0, watermark: 1, above: [2, 3] }],
    changes: [],
  })
  return deadLettersAtRest(bus.inspector, app)
}

test('lists what waits of one app, without what was replayed or discarded', async () => {
  const letters = await (await stage('one')).list()

  assert.deepEqual(letters.map(({ place, ride }) => `${place} ${ride}`).toSorted(), [
    'entry.orders/0/0 e',
    'list/0/1 b',
    'list/0/3 d',
  ])
  assert.deepEqual(
    letters.find(({ ride }) => ride === 'd'),
    {
      place: 'list/0/3',
      stop: 'list',
      id: 'd~1',
      ride: 'd',
      key: 'd',
      cause: 'slow',
      message: 'it is slow',
      stack: undefined,
      fingerprint: 'list/slow',
      attempts: 5,
      firstFailure: 1,
      lastFailure: 13,
      codeVersion: '',
      itinerary: '',
      replay: 0,
      state: 'waiting',
      headers: { tenant: 'x' },
      data: { ride: 'd' },
    },
  )
})

test('lists those of all apps when none is named', async () => {
  assert.equal((await (await stage(undefined)).list()).length, 4)
})

test('filters and pages', async () => {
  const letters = await stage('one')

  assert.deepEqual(
    (await letters.list({ cause: 'slow' })).map(({ ride }) => ride),
    ['d'],
  )
  assert.deepEqual(
    (await letters.list({ stop: 'list', since: 13 })).map(({ ride }) => ride),
    ['d'],
  )
  assert.deepEqual(
    (await letters.list({ stop: 'list' }, { countMax: 1 })).map(({ ride }) => ride),
    ['b'],
  )
  assert.deepEqual(
    (await letters.list({ stop: 'list' }, { after: 'list/0/1' })).map(({ ride }) => ride),
    ['d'],
  )
})

test('groups by fingerprint, the largest first', async () => {
  const groups = await (await stage(undefined)).groups()

  assert.deepEqual(
    groups.map(({ fingerprint, count, first, last }) => [fingerprint, count, first, last]),
    [
      ['list/bad', 3, 1, 30],
      ['list/slow', 1, 1, 13],
    ],
  )
})

test('shows one by its place, also a settled one, and none for a place that is not', async () => {
  const letters = await stage('one')

  assert.equal((await letters.show('list/0/1'))?.state, 'waiting')
  assert.equal((await letters.show('list/0/2'))?.state, 'settled')
  for (const place of ['list/0/4', 'list/1/0', 'list/x/0', 'list', 'other/0/0'])
    assert.equal(await letters.show(place), undefined, place)
})
