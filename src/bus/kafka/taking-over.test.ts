/** What a member does that is still taking over partitions when they are taken away, and what its topic of tables has to be. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MetrobusError } from '../../errors/index.ts'
import type { StateChange } from '../../event/unit.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../testing/index.ts'
import { openBus, Probe } from '../conformance/fixture.ts'
import { Stage } from './model/stage.ts'

const lost = { request: 'ListOffsets', broker: 'model', reason: 'the test' }

function sceneOf(seed: number) {
  const platform = { clock: new VirtualClock(), random: new SeededRandom(seed), disk: new SimDisk() }
  const stage = new Stage(platform, new SeededRandom(seed + 1))
  const fixture = {
    platform,
    make: () => stage.bus(),
    until: (isSo: () => boolean, what: string) => stage.until(isSo, what, 120_000),
    end: () => stage.end(),
  }
  return { stage, fixture, [Symbol.asyncDispose]: () => stage.end() }
}

test('a group that has gone on is not sent back to where it began by who still takes over what another owns by now', async () => {
  await using it = sceneOf(1)
  const { stage, fixture } = it
  const { bus, wire } = stage.process()
  await bus.open(fixture.platform)
  await bus.ensureTopics([{ name: 'in', partitions: 4 }])
  // It has heard that the group has no positions, and does not hear where the topic begins.
  const request = wire.request.bind(wire)
  let isHeld = true
  wire.request = async (address, api, question, travel) => {
    if (api.name === 'ListOffsets' && isHeld) throw new MetrobusError('MB_KAFKA_NO_ANSWER', lost)
    return request(address, api, question, travel)
  }
  const late = await Probe.join(fixture, bus, 'app', { topic: 'in' })
  const other = await openBus(fixture, 'in')
  const probe = await Probe.join(fixture, other, 'app', { topic: 'in' })
  await fixture.until(() => probe.assignments.size === 2, 'the other has its share')
  const acknowledgements = [...probe.assignments.values()].map(({ topic, partition }) => ({
    topic,
    partition,
    watermark: 7,
    above: [],
  }))
  assert.equal(await probe.ended(probe.member.settle({ outputs: [], acknowledgements, changes: [] })), 'committed')
  isHeld = false
  await fixture.until(() => late.assignments.size === 2, 'it has its own')
  const [group] = await other.inspector.groups()
  const places = new Map(group!.positions.map(({ partition, watermark }) => [partition, watermark]))
  assert.deepEqual(
    acknowledgements.map(({ partition }) => places.get(partition)),
    [7, 7],
  )
  await bus.close()
  await other.close()
})

test('a topic of tables that would lose rows is refused', async () => {
  await using it = sceneOf(1)
  const bus = await openBus(it.fixture, 'in', 'app.metrobus.state')
  await assert.rejects(Probe.join(it.fixture, bus, 'app', { topic: 'in' }), { code: 'MB_KAFKA_TOPICS' })
  await bus.close()
})

test('rows that were read for a partition that was taken and given back meanwhile are not kept', async () => {
  await using it = sceneOf(3)
  const { stage, fixture } = it
  const other = await openBus(fixture, 'in')
  const probe = await Probe.join(fixture, other, 'app', { topic: 'in' })
  const rows = (value: string) =>
    [0, 1, 2, 3].map((partition): StateChange => ({ store: 's', partition, key: 'k', value }))
  await probe.settle({ changes: rows('old') })
  const { bus, wire } = stage.process()
  await bus.open(fixture.platform)
  await bus.ensureTopics([{ name: 'in', partitions: 4 }])
  // The first answer with rows comes late.
  const request = wire.request.bind(wire)
  const late = Promise.withResolvers<void>()
  let fetches = 0
  wire.request = async (address, api, question, travel) => {
    const answer = await request(address, api, question, travel)
    if (api.name === 'Fetch' && fetches++ === 0) await late.promise
    return answer
  }
  const slow = await Probe.join(fixture, bus, 'app', { topic: 'in' })
  await fixture.until(() => fetches > 0, 'it reads the tables')
  wire.isCut = true
  await fixture.until(() => probe.assignments.size === 4, 'the other has all')
  await probe.settle({ changes: rows('new') })
  wire.isCut = false
  await fixture.until(() => slow.assignments.size === 2, 'it has some again')
  late.resolve()
  const end = stage.clock.monotonic() + 5_000
  await fixture.until(() => stage.clock.monotonic() > end, 'the late answer is heard')
  for (const { partition } of slow.assignments.values())
    assert.equal((await slow.ended(slow.member.load('s', partition))).get('k'), 'new')
  await bus.close()
  await other.close()
})
