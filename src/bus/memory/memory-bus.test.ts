import assert from 'node:assert/strict'
import test from 'node:test'
import type { Platform } from '../../internal/platform/platform.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../testing/index.ts'
import { resolveCapabilities } from '../capabilities.ts'
import { plannedCases } from '../conformance.ts'
import type { BusFixture } from '../conformance.ts'
import { output, records } from '../conformance/fixture.ts'
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
