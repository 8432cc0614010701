import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom, SimDisk, VirtualClock } from '../../testing/index.ts'
import type { BusFixture } from '../conformance.ts'
import { openBus, output, Probe, records, ridesOf, unit } from '../conformance/fixture.ts'
import { Stage } from './model/stage.ts'

async function sceneOf(seed: number) {
  const platform = { clock: new VirtualClock(), random: new SeededRandom(seed), disk: new SimDisk() }
  const stage = new Stage(platform, new SeededRandom(seed + 1))
  const options = { guarantee: 'at-least-once' } as const
  const fixture: BusFixture = {
    platform,
    make: () => stage.bus(options),
    until: (isSo, what) => stage.until(isSo, what, 120_000),
    end: () => stage.end(),
  }
  const bus = await openBus(fixture, 'in', 'out')
  const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
  await probe.settle({ outputs: [output('in', records('a', 'b'))] })
  return { stage, fixture, bus, probe, options, [Symbol.asyncDispose]: () => stage.end() }
}

test('at least once, no transaction is opened, and what came out is acknowledged before the positions are', async () => {
  await using it = await sceneOf(1)
  const asked: string[] = []
  it.stage.kafka.befalls = (api) => void asked.push(api)
  await it.probe.settle({ outputs: [output('out', records('x'))], settled: [['in', 1]] })
  assert.deepEqual(
    asked.filter((api) => /Produce|Commit|Txn/.test(api)),
    ['Produce', 'OffsetCommit'],
  )
  await it.bus.close()
})

test('at least once, what came out goes out no second time while its process lives and its positions are not taken', async () => {
  await using it = await sceneOf(2)
  const until = it.stage.clock.monotonic() + 50_000
  it.stage.kafka.befalls = (api) =>
    api === 'OffsetCommit' && it.stage.clock.monotonic() < until ? 'unanswered' : undefined
  await it.probe.settle({ outputs: [output('out', records('x'))], settled: [['in', 1]] })
  assert.deepEqual(ridesOf(await it.bus.inspector.read('out', 0, 0, 9)), ['x'])
  const [group] = await it.bus.inspector.groups()
  assert.equal(group!.positions.find(({ topic, partition }) => topic === 'in' && partition === 0)!.watermark, 1)
  await it.bus.close()
})

test('at least once, an answer to a batch that is lost doubles nothing', async () => {
  await using it = await sceneOf(3)
  let times = 0
  it.stage.kafka.befalls = (api) => (api === 'Produce' && times++ < 3 ? 'unanswered' : undefined)
  await it.probe.settle({ outputs: [output('out', records('x', 'y'))], settled: [['in', 1]] })
  assert.deepEqual(ridesOf(await it.bus.inspector.read('out', 0, 0, 9)), ['x', 'y'])
  await it.bus.close()
})

test('at least once, a unit of a member that was replaced is refused, and what it acknowledged is handled again', async () => {
  await using it = await sceneOf(4)
  const { bus, wire } = it.stage.process(it.options)
  await bus.open(it.fixture.platform)
  await bus.ensureTopics([{ name: 'in' }, { name: 'out' }])
  const zombie = await Probe.join(it.fixture, bus, 'app', { topic: 'in' })
  await it.fixture.until(() => zombie.assignments.size > 0, 'it has its share')
  const { partition } = [...zombie.assignments.values()][0]!
  wire.isCut = true
  const acknowledgements = [{ topic: 'in', partition, watermark: 0, above: [] }]
  const late = zombie.member.settle({ ...unit({ outputs: [output('out', records('late'))] }), acknowledgements })
  await it.fixture.until(() => it.probe.assignments.size === 4, 'the other has all')
  wire.isCut = false
  assert.equal(await zombie.ended(late), 'refused')
  await bus.close()
  await it.bus.close()
})
