import assert from 'node:assert/strict'
import test from 'node:test'
import { SeededRandom, SimDisk, VirtualClock } from '../../testing/index.ts'
import { resolveCapabilities } from '../capabilities.ts'
import { plannedCases } from '../conformance.ts'
import type { BusFixture } from '../conformance.ts'
import { output, Probe, records } from '../conformance/fixture.ts'
import { kafka } from './index.ts'
import type { KafkaOptions } from './index.ts'
import { Stage } from './model/stage.ts'

const abilities = { membersMax: Infinity, answersUnknown: false, canBePressed: false }

const leftOut = {
  'with run-ahead a whole chain of units can be built before the first is durable':
    'what is not committed is read by nobody: run-ahead would need records that this process hands over itself',
  'a unit whose answer is unknown and that happened, happens once': 'the bus finds out itself what became of a unit',
  'a unit whose answer is unknown and that did not happen, happens once':
    'the bus finds out itself what became of a unit',
  'entries wait while the bus is short of space, and settling goes on': 'brokers do not tell how much space they have',
  'what is handed over while entries should wait voids nothing, and nothing overtakes it':
    'brokers do not tell how much space they have',
}

function fixtureOf(seed: number, options: Partial<KafkaOptions> = {}): () => Promise<BusFixture> {
  return async () => {
    const platform = { clock: new VirtualClock(), random: new SeededRandom(seed), disk: new SimDisk() }
    const stage = new Stage(platform, new SeededRandom(seed + 1))
    return {
      platform: stage.platform,
      make: () => stage.bus(options),
      until: (isSo, what) => stage.until(isSo, what),
      end: () => stage.end(),
    }
  }
}

const capabilities = resolveCapabilities(kafka({ brokers: ['model:1'] }).capabilities)
for (const { name, run } of plannedCases({
  abilities: { ...capabilities, ...abilities },
  fixture: fixtureOf(1),
  leftOut,
}))
  test(`kafka, on a model of a cluster: ${name}`, run)

const loose = { guarantee: 'at-least-once' } as const
for (const { name, run } of plannedCases({
  abilities: { ...resolveCapabilities(kafka({ brokers: ['model:1'], ...loose }).capabilities), ...abilities },
  fixture: fixtureOf(1, loose),
  leftOut: {
    ...leftOut,
    'outputs, acknowledgements and state of a unit come together': 'outputs come first, and then what is acknowledged',
  },
}))
  test(`kafka at least once, on a model of a cluster: ${name}`, run)

test('what an app waits for holds up neither another app of the process nor who looks at a topic', async () => {
  const platform = { clock: new VirtualClock(), random: new SeededRandom(2), disk: new SimDisk() }
  const stage = new Stage(platform, new SeededRandom(3))
  const { bus, wire } = stage.process()
  const until = (isSo: () => boolean, what: string): Promise<void> => stage.until(isSo, what)
  const fixture: BusFixture = { platform, make: () => bus, until, end: () => stage.end() }
  await bus.open(stage.platform)
  await bus.ensureTopics([{ name: 'in' }])
  const request = wire.request.bind(wire)
  const lanes = new Set<string | undefined>()
  wire.request = (address, api, question, travel) => {
    if (api.name === 'Fetch') lanes.add(travel.lane)
    return request(address, api, question, travel)
  }
  for (const group of ['shop', 'mail']) {
    const probe = await Probe.join(fixture, bus, group, { topic: 'in' })
    if (group === 'shop') await probe.settle({ outputs: [output('in', records('a'))] })
  }
  await bus.inspector.read('in', 0, 0, 9)
  await bus.close()
  await fixture.end()
  assert.equal(lanes.size, 3)
})
