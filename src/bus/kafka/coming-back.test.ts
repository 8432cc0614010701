/** What an instance finds that comes back after others, operators or time have been at its group and its topics. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { silentLog } from '../../internal/log.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../testing/index.ts'
import type { BusFixture } from '../conformance.ts'
import { openBus, output, Probe, records, ridesOf } from '../conformance/fixture.ts'
import { ModelLog } from './model/log.ts'
import { Stage } from './model/stage.ts'

function sceneOf(seed: number, instanceId?: string) {
  const platform = { clock: new VirtualClock(), random: new SeededRandom(seed), disk: new SimDisk() }
  const stage = new Stage(platform, new SeededRandom(seed + 1))
  const told: (readonly [object, string])[] = []
  const log = { ...silentLog, error: (facts: object, message: string) => void told.push([facts, message]) }
  const fixture: BusFixture = {
    platform,
    make: () => stage.bus({ log, ...(instanceId === undefined ? {} : { instanceId }) }),
    until: (isSo, what) => stage.until(isSo, what, 120_000),
    end: () => stage.end(),
  }
  return { stage, fixture, told, [Symbol.asyncDispose]: () => stage.end() }
}

async function passed({ stage }: ReturnType<typeof sceneOf>, ms: number): Promise<void> {
  const end = stage.clock.monotonic() + ms
  await stage.until(() => stage.clock.monotonic() > end, 'time has passed')
}

const places = [0, 1, 2, 3].map((partition) => `in/${partition}`)

suite('an instance with a name of its own', () => {
  test('that stops and comes back has its partitions again, and nobody else had them meanwhile', async () => {
    await using it = sceneOf(1, 'pod-0')
    const named = await openBus(it.fixture, 'in')
    const other = it.stage.bus()
    await other.open(it.fixture.platform)
    await other.ensureTopics([{ name: 'in', partitions: 4 }])
    const neighbour = await Probe.join(it.fixture, other, 'app', { topic: 'in' })
    const first = await Probe.join(it.fixture, named, 'app', { topic: 'in' })
    await it.fixture.until(() => first.assignments.size === 2 && neighbour.assignments.size === 2, 'they share')
    const had = [...first.assignments.keys()].toSorted()
    await first.ended(first.member.leave())
    await passed(it, 2_000)
    assert.equal(neighbour.assignments.size, 2)
    const again = await Probe.join(it.fixture, named, 'app', { topic: 'in' })
    await it.fixture.until(() => again.assignments.size === 2, 'it is back')
    assert.deepEqual([...again.assignments.keys()].toSorted(), had)
    assert.equal(neighbour.lost.length, 2, 'those that it gave to the first')
    await named.close()
    await other.close()
  })

  test('that stays away for longer than a session loses them to the others', async () => {
    await using it = sceneOf(2, 'pod-0')
    const named = await openBus(it.fixture, 'in')
    const first = await Probe.join(it.fixture, named, 'app', { topic: 'in' })
    await first.ended(first.member.leave())
    const other = it.stage.bus()
    await other.open(it.fixture.platform)
    await other.ensureTopics([{ name: 'in', partitions: 4 }])
    const neighbour = await Probe.join(it.fixture, other, 'app', { topic: 'in' })
    await it.fixture.until(() => neighbour.assignments.size === 4, 'the other has all')
    await named.close()
    await other.close()
  })
})

suite('a group whose positions the cluster has forgotten', () => {
  for (const from of ['beginning', 'now'] as const)
    test(`begins neither at the beginning nor at the end, where it reads from ${from}: it is told to an operator`, async () => {
      await using it = sceneOf(3)
      const bus = await openBus(it.fixture, 'in')
      const subscription = { topic: 'in', from }
      const before = await Probe.join(it.fixture, bus, 'app', subscription)
      await before.settle({ outputs: [output('in', records('a', 'b', 'c'))], settled: [['in', 2]] })
      await before.ended(before.member.leave())
      // The markers of its last transaction have come by then.
      await passed(it, 1_000)
      it.stage.kafka.group('app').forget()
      const late = new Probe(it.fixture)
      await assert.rejects(late.ended(bus.join('app', [subscription], late)), {
        code: 'MB_KAFKA_POSITIONS_GONE',
        message: /"app" has read in\/0, in\/1, in\/2, in\/3/,
      })
      for (const partition of [0, 1, 2, 3])
        await late.ended(bus.inspector.seek('app', { topic: 'in', partition, offset: partition === 0 ? 2 : 0 }))
      const after = await Probe.join(it.fixture, bus, 'app', subscription)
      await it.fixture.until(() => after.assignments.size === 4, 'it goes on')
      assert.deepEqual(ridesOf(await after.take('in', 1)), ['c'])
      await bus.close()
    })

  test('begins where it is declared to in what it has not read before', async () => {
    await using it = sceneOf(4)
    const bus = await openBus(it.fixture, 'in', 'more')
    const before = await Probe.join(it.fixture, bus, 'app', { topic: 'in' })
    await before.settle({ outputs: [output('more', records('a'))] })
    await before.ended(before.member.leave())
    const after = await Probe.join(it.fixture, bus, 'app', { topic: 'in' }, { topic: 'more' })
    await it.fixture.until(() => after.assignments.size === 8, 'it goes on')
    assert.deepEqual(ridesOf(await after.take('more', 1)), ['a'])
    await bus.close()
  })
})

test('a topic that has more partitions than when its reader began ends it, before a key is out of order', async () => {
  await using it = sceneOf(5)
  const bus = await openBus(it.fixture, 'in')
  const probe = await Probe.join(it.fixture, bus, 'app', { topic: 'in' })
  it.stage.kafka.topics.get('in')!.logs.push(new ModelLog(1))
  await it.fixture.until(() => probe.failures.length > 0, 'it is noticed')
  assert.match(String(probe.failures[0]), /"in" has 5 partitions and not 4/)
  assert.deepEqual([...probe.assignments.keys()].toSorted(), places)
  await bus.close()
})

test('what retention deleted before it was read is passed over and told', async () => {
  await using it = sceneOf(6)
  const bus = await openBus(it.fixture, 'in')
  const before = await Probe.join(it.fixture, bus, 'app', { topic: 'in' })
  await before.settle({ outputs: [output('in', records('a', 'b'))] })
  await before.ended(before.member.leave())
  const log = it.stage.kafka.topics.get('in')!.logs[0]!
  log.begin = log.end
  const after = await Probe.join(it.fixture, bus, 'app', { topic: 'in' })
  await after.settle({ outputs: [output('in', records('c'))] })
  assert.deepEqual(ridesOf(await after.take('in', 1)), ['c'])
  assert.equal(after.failures.length, 0)
  assert.deepEqual(
    it.told.map(([, message]) => message),
    ['retention has deleted records before they were read, and reading goes on behind them'],
  )
  await bus.close()
})

test('a log that ends before what was read has lost records: nothing is handled again or passed over', async () => {
  await using it = sceneOf(7)
  const bus = await openBus(it.fixture, 'in')
  const before = await Probe.join(it.fixture, bus, 'app', { topic: 'in' })
  await before.settle({ outputs: [output('in', records('a', 'b'))], settled: [['in', 50]] })
  await before.ended(before.member.leave())
  const after = await Probe.join(it.fixture, bus, 'app', { topic: 'in' })
  await it.fixture.until(() => after.failures.length > 0, 'it is noticed')
  assert.match(String(after.failures[0]), /in\/0 ends at \d, and it was read up to 50/)
  assert.deepEqual(after.poll('in'), [])
  await bus.close()
})
