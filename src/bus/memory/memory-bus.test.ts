import assert from 'node:assert/strict'
import test from 'node:test'
import type { Platform } from '../../internal/platform/platform.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../testing/index.ts'
import { resolveCapabilities } from '../capabilities.ts'
import { plannedCases } from '../conformance.ts'
import type { BusFixture } from '../conformance.ts'
import { Probe, openBus, output, record, records, ridesOf, unit } from '../conformance/fixture.ts'
import { memory } from './index.ts'
import type { MemoryOptions, SettlePlan } from './index.ts'

const recordsMax = 5000

async function fixtureOf(options: MemoryOptions): Promise<BusFixture> {
  const clock = new VirtualClock()
  const platform: Platform = { clock, random: new SeededRandom(1), disk: new SimDisk() }
  let plan: SettlePlan | undefined
  const planned = (): SettlePlan | undefined => {
    const next = plan
    plan = undefined
    return next
  }
  return {
    platform,
    make: () => memory({ recordsMax, ...options, plan: planned }),
    async until(isSo, what) {
      for (let waited = 0; !isSo(); waited += 5) {
        assert.ok(waited < 10_000, `in vain: ${what}`)
        await clock.advance(5)
      }
    },
    answerUnknown(happened) {
      plan = { answer: 'unknown', happened }
    },
    press: {
      async fill(probe) {
        const rides = Array.from({ length: recordsMax + 1 }, (_, index) => `fill${index}`)
        await probe.settle({ outputs: [output('in', records(...rides))] })
      },
      relieve: (probe) => probe.settle({ settled: [['in', recordsMax + 1]] }),
    },
    async end() {},
  }
}

const abilities = { membersMax: Infinity, answersUnknown: true, canBePressed: true }
const volatile = {
  'a bus opened again has every record, position and row': 'the memory bus keeps nothing beyond the process',
}

const kinds: Readonly<Record<string, MemoryOptions>> = {
  'by reference': {},
  'by bytes': { handOver: 'bytes' },
  'slow, without run-ahead': { runAhead: false, settleDelay: 3 },
}

for (const [kind, options] of Object.entries(kinds)) {
  const leftOut =
    options.runAhead === false
      ? {
          ...volatile,
          'with run-ahead a whole chain of units can be built before the first is durable': 'run-ahead is switched off',
        }
      : volatile
  const capabilities = resolveCapabilities(memory(options).capabilities)
  for (const { name, run } of plannedCases({
    abilities: { ...capabilities, ...abilities },
    fixture: () => fixtureOf(options),
    leftOut,
  }))
    test(`memory, ${kind}: ${name}`, run)
}

/** An open memory bus with one member of `app`, which reads `in` and `out`. */
async function scene(options: MemoryOptions) {
  const clock = new VirtualClock()
  const platform: Platform = { clock, random: new SeededRandom(1), disk: new SimDisk() }
  const fixture: BusFixture = {
    platform,
    make: () => memory(options),
    until: async (isSo, what) => {
      for (let waited = 0; !isSo(); waited++) {
        assert.ok(waited < 1000, `in vain: ${what}`)
        await clock.advance(1)
      }
    },
    end: async () => {},
  }
  const bus = await openBus(fixture, 'in', 'out')
  const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' }, { topic: 'out' })
  return { clock, fixture, bus, probe }
}

test('a refusal that was planned refuses what was handed over behind it, and nothing of it is ever visible', async () => {
  const { bus, probe } = await scene({ plan: ({ call }) => (call === 2 ? { answer: 'refused' } : undefined) })
  const hand = (ride: string, epoch: number) =>
    probe.member.settle({ ...unit({ outputs: [output('out', records(ride))] }), epoch })
  const ended = Promise.all(['a', 'b', 'c'].map((ride) => hand(ride, 0)))
  assert.deepEqual(ridesOf(probe.poll('out', { ahead: true })), ['a'])
  assert.deepEqual(await probe.ended(ended), ['committed', 'refused', 'refused'])
  assert.equal(await probe.ended(hand('c', 0)), 'refused')
  assert.equal(await probe.ended(hand('b', 1)), 'committed')
  assert.deepEqual(ridesOf(await bus.inspector.read('out', 0, 0, 9)), ['a', 'b'])
  await bus.close()
})

test('a delay that was planned holds what comes behind it', async () => {
  const { clock, bus, probe } = await scene({ plan: ({ call }) => (call === 1 ? { delay: 50 } : undefined) })
  const ended: string[] = []
  for (const ride of ['slow', 'quick'])
    void probe.member.settle(unit({ outputs: [output('out', records(ride))] })).then(() => ended.push(ride))
  await clock.advance(49)
  assert.deepEqual(ended, [])
  assert.deepEqual(await bus.inspector.read('out', 0, 0, 9), [])
  await clock.advance(1)
  assert.deepEqual(ended, ['slow', 'quick'])
  await bus.close()
})

test('a failure that was planned ends the bus', async () => {
  const failure = new RangeError('planned')
  const { bus, probe } = await scene({ plan: () => ({ failure }) })
  await assert.rejects(probe.ended(probe.member.settle(unit({ outputs: [output('out', records('a'))] }))), failure)
  assert.deepEqual(probe.failures, [failure])
  await assert.rejects(bus.inspector.topics(), failure)
  await bus.close()
})

test('a unit without an answer goes when its member leaves: what was visible stays, what was not is forgotten', async () => {
  for (const runAhead of [true, false]) {
    const { bus, fixture, probe } = await scene({
      runAhead,
      plan: ({ call }) => (call === 2 ? { answer: 'unknown', happened: false } : undefined),
    })
    await probe.settle({ outputs: [output('in', records('a'))] })
    const doubtful = unit({ outputs: [output('out', records('a'))], settled: [['in', 1]] })
    assert.equal(await probe.ended(probe.member.settle(doubtful)), 'unknown')
    await probe.ended(probe.member.leave())
    const next = await Probe.join(fixture, bus, 'app', { topic: 'in' })
    assert.equal(next.assignments.get('in/0')!.watermark, runAhead ? 1 : 0)
    assert.equal((await bus.inspector.read('out', 0, 0, 9)).length, runAhead ? 1 : 0)
    await bus.close()
  }
})

// Found by random programs, seed 10142 of the cluster: it waited for ever, and so did everybody who joined.
test('a unit that only brings in events and is without an answer goes when its member leaves', async () => {
  const { bus, fixture, probe } = await scene({
    plan: ({ call }) => (call === 1 ? { answer: 'unknown', happened: false } : undefined),
  })
  const doubtful = unit({ outputs: [output('in', records('a'))] })
  assert.equal(await probe.ended(probe.member.settle(doubtful)), 'unknown')
  await probe.ended(probe.member.leave())
  await Probe.join(fixture, bus, 'app', { topic: 'in' })
  await bus.close()
})

test('by bytes nobody gets the object that another made, and data that cannot travel is not smuggled', async () => {
  const { bus, probe } = await scene({ handOver: 'bytes' })
  const made = record('a', { when: new Date(0), missing: undefined })
  await probe.settle({ outputs: [output('in', [made])] })
  const [found] = await probe.take('in', 1)
  assert.notEqual(found, made)
  assert.deepEqual(found!.data, { when: '1970-01-01T00:00:00.000Z' })
  await bus.close()
})

test('every fault of the options is told at once', () => {
  assert.throws(
    () => memory({ partitions: 0, recordsMax: 0.5, settleDelay: -1, recordBytesMax: 0 }),
    ({ code, facts }: { code?: string; facts?: { faults: readonly string[] } }) => {
      assert.equal(code, 'MB_BAD_OPTIONS')
      assert.equal(facts!.faults.length, 4)
      return true
    },
  )
})
