/** What becomes of a unit when nobody answers the question that ends its transaction, and what a member does that was replaced. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MetrobusError } from '../../errors/index.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../testing/index.ts'
import type { BusFixture } from '../conformance.ts'
import { Probe, openBus, output, records, ridesOf, unit } from '../conformance/fixture.ts'
import { Stage } from './model/stage.ts'

async function sceneOf(seed: number) {
  const platform = { clock: new VirtualClock(), random: new SeededRandom(seed), disk: new SimDisk() }
  const stage = new Stage(platform, new SeededRandom(seed + 1))
  const fixture: BusFixture = {
    platform,
    make: () => stage.bus(),
    until: (isSo, what) => stage.until(isSo, what, 120_000),
    end: () => stage.end(),
  }
  const bus = await openBus(fixture, 'in', 'out')
  const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
  await probe.settle({ outputs: [output('in', records('a', 'b'))] })
  return { stage, fixture, bus, probe, [Symbol.asyncDispose]: () => stage.end() }
}

/** Longer than a producer asks for the end of a transaction. */
const silenceMs = 15_000

for (const fate of ['lost', 'unanswered'] as const) {
  const what = fate === 'lost' ? 'never came to the coordinator' : 'was carried out and never answered'

  test(`a unit whose commit ${what} happens once, with all that belongs to it`, async () => {
    await using it = await sceneOf(1)
    const until = it.stage.clock.monotonic() + silenceMs
    it.stage.kafka.befalls = (api) => (api === 'EndTxn' && it.stage.clock.monotonic() < until ? fate : undefined)
    const row = { store: 's', partition: 0, key: 'k', value: '1' }
    await it.probe.settle({ outputs: [output('out', records('x'))], settled: [['in', 1]], changes: [row] })
    assert.deepEqual(ridesOf(await it.bus.inspector.read('out', 0, 0, 9)), ['x'])
    assert.deepEqual([...(await it.bus.inspector.rows('app', 's', 0))], [['k', '1']])
    const [group] = await it.bus.inspector.groups()
    assert.equal(group!.positions.find(({ topic, partition }) => topic === 'in' && partition === 0)!.watermark, 1)
    await it.bus.close()
  })

  test(`positions whose commit ${what} are settled once asked, and what comes behind them waits`, async () => {
    await using it = await sceneOf(2)
    const until = it.stage.clock.monotonic() + silenceMs
    it.stage.kafka.befalls = (api) => (api === 'EndTxn' && it.stage.clock.monotonic() < until ? fate : undefined)
    const ended: string[] = []
    const first = it.probe.member.settle(unit({ settled: [['in', 1]] })).then(() => ended.push('first'))
    const second = it.probe.member.settle(unit({ settled: [['in', 2]] })).then(() => ended.push('second'))
    await it.probe.ended(Promise.all([first, second]))
    assert.deepEqual(ended, ['first', 'second'])
    const [group] = await it.bus.inspector.groups()
    assert.equal(group!.positions.find(({ topic, partition }) => topic === 'in' && partition === 0)!.watermark, 2)
    await it.bus.close()
  })
}

test('a unit whose records were deleted before anybody knew that it was committed happens once', async () => {
  await using it = await sceneOf(8)
  const until = it.stage.clock.monotonic() + silenceMs
  const log = it.stage.kafka.topics.get('out')!.logs[0]!
  it.stage.kafka.befalls = (api) => {
    if (api !== 'EndTxn' || it.stage.clock.monotonic() >= until) return undefined
    // A broker deletes by age and size, whoever has not read.
    log.begin = log.end
    return 'unanswered'
  }
  await it.probe.settle({ outputs: [output('out', records('x'))], settled: [['in', 1]] })
  assert.ok(log.end > 0, 'it was written')
  assert.deepEqual(ridesOf(await it.bus.inspector.read('out', 0, 0, 9)), [], 'and not written again')
  await it.bus.close()
})

test('a unit that was handed over before its partition was taken is refused, also when the partition has come back', async () => {
  await using it = await sceneOf(3)
  const [memberId] = it.stage.kafka.group('app').members
  const before = it.probe.assignments.get('in/0')!.generation
  // The first unit keeps the second in the queue until the member has lost all and has it back.
  let isHeld = true
  it.stage.kafka.befalls = (api) => (api === 'TxnOffsetCommit' && isHeld ? 'lost' : undefined)
  const units = ['x', 'y'].map((ride) => unit({ outputs: [output('out', records(ride))], settled: [['in', 1]] }))
  const settles = units.map((one) => it.probe.member.settle(one))
  await it.fixture.until(() => true, 'it is on its way')
  it.stage.kafka.expel('app', memberId!)
  await it.fixture.until(() => (it.probe.assignments.get('in/0')?.generation ?? 0) > before, 'the partition is back')
  isHeld = false
  assert.deepEqual(await it.probe.ended(Promise.all(settles)), ['refused', 'refused'])
  assert.deepEqual(await it.bus.inspector.read('out', 0, 0, 9), [])
  await it.probe.settle({ outputs: [output('out', records('z'))], settled: [['in', 1]] })
  assert.deepEqual(ridesOf(await it.bus.inspector.read('out', 0, 0, 9)), ['z'])
  await it.bus.close()
})

test('a unit of a member that its group no longer takes ends, and the member can leave', async () => {
  await using it = await sceneOf(7)
  const { bus, wire } = it.stage.process()
  await it.probe.ended(it.probe.member.leave())
  await bus.open(it.fixture.platform)
  await bus.ensureTopics([{ name: 'in' }, { name: 'out' }])
  const barred = await Probe.join(it.fixture, bus, 'app', { topic: 'in' })
  const request = wire.request.bind(wire)
  wire.request = async (address, api, question, travel) => {
    const answer = await request(address, api, question, travel)
    // GROUP_MAX_SIZE_REACHED
    return api.name === 'ConsumerGroupHeartbeat' ? { ...answer, errorCode: 81 } : answer
  }
  it.stage.kafka.expel('app', it.stage.kafka.group('app').members[0]!)
  const parts = { outputs: [output('out', records('x'))], settled: [['in', 1]] } as const
  assert.equal(await barred.ended(barred.member.settle(unit(parts))), 'refused')
  assert.equal(barred.failures.length, 1)
  await barred.ended(barred.member.leave())
  assert.deepEqual(await it.bus.inspector.read('out', 0, 0, 9), [])
  await bus.close()
  await it.bus.close()
})

test('a member that was replaced while it hung is refused, whatever its unit holds', async () => {
  await using it = await sceneOf(4)
  const { bus, wire } = it.stage.process()
  await bus.open(it.fixture.platform)
  await bus.ensureTopics([{ name: 'in' }, { name: 'out' }])
  const zombie = await Probe.join(it.fixture, bus, 'app', { topic: 'in' })
  await it.fixture.until(() => zombie.assignments.size > 0, 'it has its share')
  const { partition } = [...zombie.assignments.values()][0]!
  wire.isCut = true
  const acknowledgements = [{ topic: 'in', partition, watermark: 0, above: [] }]
  const late = zombie.member.settle({ outputs: [output('out', records('late'))], acknowledgements, changes: [] })
  await it.fixture.until(() => it.probe.assignments.size === 4, 'the other has all')
  wire.isCut = false
  assert.equal(await zombie.ended(late), 'refused')
  assert.deepEqual(await it.bus.inspector.read('out', 0, 0, 9), [])
  await bus.close()
  await it.bus.close()
})

test('a unit that turns out to be committed when its partition was another’s meanwhile puts nothing back', async () => {
  await using it = await sceneOf(6)
  const { bus, wire } = it.stage.process()
  await it.probe.ended(it.probe.member.leave())
  await bus.open(it.fixture.platform)
  await bus.ensureTopics([{ name: 'in' }, { name: 'out' }])
  const slow = await Probe.join(it.fixture, bus, 'app', { topic: 'in' })
  const six = () => records('a', 'b', 'c', 'd', 'e', 'f')
  await slow.settle({ outputs: [0, 1, 2, 3].map((partition) => output('in', six(), partition)) })
  const row = (value: string) => ({ store: 's', partition: 0, key: 'k', value })
  const unitAt = (watermark: number) => ({
    outputs: [output('out', records(`at ${watermark}`))],
    acknowledgements: [0, 1, 2, 3].map((partition) => ({ topic: 'in', partition, watermark, above: [] })),
    changes: [row(`${watermark}`)],
  })
  // Its transaction is committed, and it hears of that late.
  const request = wire.request.bind(wire)
  let isDeaf = true
  wire.request = async (address, api, question, travel) => {
    const answer = await request(address, api, question, travel)
    if (isDeaf && (api.name === 'EndTxn' || api.name === 'InitProducerId'))
      throw new MetrobusError('MB_KAFKA_NO_ANSWER', { request: api.name, broker: 'model', reason: 'the test' })
    return answer
  }
  const late = slow.member.settle(unitAt(1))
  await it.fixture.until(() => it.stage.clock.monotonic() > 30_000, 'nobody answers')
  wire.isCut = true
  const other = await Probe.join(it.fixture, it.bus, 'app', { topic: 'in' })
  await it.fixture.until(() => other.assignments.size === 4, 'the other has all')
  assert.equal(await other.ended(other.member.settle(unitAt(5))), 'committed')
  wire.isCut = false
  await it.fixture.until(() => slow.assignments.size === 2 && other.assignments.size === 2, 'it has some again')
  isDeaf = false
  assert.equal(await slow.ended(late), 'committed')
  await slow.settle({ outputs: [output('out', records('carries a position'))] })
  const [group] = await it.bus.inspector.groups()
  assert.deepEqual(
    group!.positions.map(({ watermark }) => watermark),
    [5, 5, 5, 5],
  )
  await bus.close()
  await it.bus.close()
})

test('a set above the watermark that is too long for the text beside an offset is kept all the same', async () => {
  await using it = await sceneOf(5)
  const above = Array.from({ length: 6_000 }, (_, index) => 10 + 3 * index + (index % 2))
  await it.probe.settle({ settled: [['in', 1, above]] })
  const positions = (await it.bus.inspector.groups())[0]!.positions
  assert.deepEqual(positions.find(({ topic, partition }) => topic === 'in' && partition === 0)!.above, above)
  await it.probe.ended(it.probe.member.leave())
  const after = await Probe.join(it.fixture, it.bus, 'app', { topic: 'in' })
  const { watermark, above: kept } = after.assignments.get('in/0')!
  assert.deepEqual([watermark, kept], [1, above])
  await it.bus.close()
})
