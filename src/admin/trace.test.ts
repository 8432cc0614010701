import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMetrobusError } from '../errors/index.ts'
import { Record as EventRecord } from '../event/record.ts'
import { nodeDisk } from '../internal/platform/node-disk.ts'
import { memory, SeededRandom, VirtualClock } from '../testing/index.ts'
import type { RideAnswer } from './answers.ts'
import { traceOf } from './trace.ts'

interface Left {
  readonly topic: string
  readonly ride?: string
  readonly hop?: number
  readonly slip?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly replay?: number
}

/** Traces a ride that left these records, ten milliseconds apart. */
async function traced(id: string, left: readonly Left[]): Promise<RideAnswer> {
  const clock = new VirtualClock()
  const bus = memory()
  await bus.open({ clock, random: new SeededRandom(1), disk: nodeDisk })
  await bus.ensureTopics([...new Set(left.map(({ topic }) => topic))].map((name) => ({ name, partitions: 1 })))
  const member = await bus.join('app', [], {
    assigned: () => {},
    revoked: () => {},
    ready: () => {},
    failed: () => {},
    pressed: () => {},
  })
  for (const { topic, ride = 'r', hop = 0, slip = '', headers = {}, replay = 0 } of left) {
    const fields = {
      ride,
      hop,
      slip,
      headers,
      replay,
      type: 't',
      source: '/s',
      time: clock.now(),
      key: 'k',
      correlationId: undefined,
      causationId: undefined,
    }
    await member.settle({
      outputs: [{ topic, partition: 0, records: [new EventRecord(fields, null, undefined)] }],
      acknowledgements: [],
      changes: [],
    })
    await clock.advance(10)
  }
  return traceOf(bus.inspector, id)
}

const line = 'mail|1a'
const hops = ({ hops }: RideAnswer): string[] =>
  hops.map(
    ({ stop, attempts, outcome, replay }) =>
      `${stop} ${attempts ?? '-'} ${outcome}${replay === 0 ? '' : ` replay ${replay}`}`,
  )

const entered = { topic: 'app.add', slip: `add,list|18|${line}|` }
const second = { topic: 'app.list', hop: 1, slip: `list|18|${line}|add:1500:3` }

test('a ride that has ended shows each stop with attempts, durations and the outcome of the last', async () => {
  const ride = await traced('r', [
    entered,
    second,
    { topic: 'app.ended', hop: 2, slip: `|18|${line}|add:1500:3,list:20`, headers: { ended: 'done', stop: 'list' } },
  ])

  assert.equal(ride.state, 'ended')
  assert.equal(ride.line, 'mail')
  assert.equal(ride.durationMs, 20)
  assert.deepEqual(hops(ride), ['add 3 forward', 'list 1 done'])
  assert.deepEqual(
    ride.hops.map(({ durationMs }) => durationMs),
    [1.5, 0.02],
  )
  assert.deepEqual(ride.hops[1]?.place, { topic: 'app.list', partition: 0, offset: 0 })
})

test('a ride under way shows where its event waits or is parked', async () => {
  assert.deepEqual(hops(await traced('r', [entered, second])), ['add 3 forward', 'list - waiting'])

  const parked = await traced('r', [entered, second, { ...second, topic: 'app.list.parked' }])

  assert.deepEqual(hops(parked), ['add 3 forward', 'list - parked'])
  assert.equal(parked.state, 'riding')
  assert.equal(parked.ended, null)
})

test('a dead letter and its replay are two journeys of one ride', async () => {
  const ride = await traced('r', [
    entered,
    second,
    { ...second, topic: 'app.list.dlq', headers: { '__metrobus.errors.message': 'no' } },
    { topic: 'app.ended', hop: 2, slip: `|18|${line}|add:1500:3,list:20:5`, headers: { ended: 'dead', stop: 'list' } },
    { ...second, replay: 1 },
    {
      topic: 'app.ended',
      hop: 2,
      replay: 1,
      slip: `|18|${line}|add:1500:3,list:30`,
      headers: { ended: 'done', stop: 'list' },
    },
  ])

  assert.deepEqual(hops(ride), ['add 3 forward', 'list 5 dead', 'list 1 done replay 1'])
  assert.equal(ride.state, 'ended')
})

test('a dead letter that was discarded says so, and keeps its attempts', async () => {
  const ride = await traced('r', [
    { ...second, hop: 0 },
    { topic: 'app.list.dlq', hop: 0, slip: `list|18|${line}|` },
    { topic: 'app.ended', hop: 1, slip: `|18|${line}|add:1500:3,list:20:5`, headers: { ended: 'dead', stop: 'list' } },
    {
      topic: 'app.ended',
      hop: 1,
      slip: `list|18|${line}|add:1500:3`,
      headers: { ended: 'discarded:fixed', stop: 'list' },
    },
  ])

  assert.deepEqual(hops(ride), ['add 3 forward', 'list 5 discarded:fixed'])
})

test('stops whose records retention has taken are known from the slip', async () => {
  const ride = await traced('r', [
    {
      topic: 'app.ended',
      hop: 2,
      slip: `|18|${line}|add:1500:3,list:20`,
      headers: { ended: 'dropped:no-email', stop: 'list' },
    },
  ])

  assert.deepEqual(hops(ride), ['add 3 forward', 'list 1 dropped:no-email'])
  assert.deepEqual(
    ride.hops.map(({ place }) => place),
    [null, null],
  )
})

test('the children of a split and what was emitted belong to the ride', async () => {
  const ride = await traced('r', [
    entered,
    { topic: 'app.ended', hop: 1, slip: `|18|${line}|add:10`, headers: { ended: 'split:2', stop: 'add' } },
    { topic: 'app.list', ride: 'r~0', slip: `list|18|${line}|add:10` },
    { topic: 'app.list', ride: 'r~1', slip: `list|18|${line}|add:10` },
    {
      topic: 'app.ended',
      ride: 'r~1',
      hop: 1,
      slip: `|18|${line}|add:10,list:5`,
      headers: { ended: 'dropped:no-email', stop: 'list' },
    },
    { topic: 'orders', ride: 'r!0' },
  ])

  assert.deepEqual(
    ride.children.map((child) => [child.ride, child.state, hops(child).at(-1)]),
    [
      ['r~0', 'riding', 'list - waiting'],
      ['r~1', 'ended', 'list 1 dropped:no-email'],
      ['r!0', 'ended', 'null - published'],
    ],
  )
  assert.deepEqual(hops(ride), ['add 1 split:2'])
  assert.equal(ride.state, 'riding')
})

test('more children than an answer may hold are counted', async () => {
  const children = Array.from({ length: 250 }, (_, index): Left => ({
    topic: 'app.list',
    ride: `r~${index}`,
    slip: `list|18|${line}|`,
  }))
  const ride = await traced('r', [
    entered,
    { topic: 'app.ended', hop: 1, headers: { ended: 'split:250', stop: 'add' } },
    ...children,
  ])

  assert.equal(ride.children.length, 199)
  assert.equal(ride.childrenHidden, 51)
})

test('the id of a hop finds its ride, and an unknown one is told', async () => {
  assert.equal((await traced('r~1', [entered, second])).ride, 'r')

  await assert.rejects(
    traced('other', [entered]),
    (error) => isMetrobusError(error, 'MB_NOT_FOUND') && /no ride "other"/.test(error.message),
  )
})
