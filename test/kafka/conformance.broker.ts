/** The promises of the bus port on real brokers. Each case has a prefix of its own, so that it finds an empty cluster. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { resolveCapabilities } from '../../src/bus/capabilities.ts'
import { plannedCases } from '../../src/bus/conformance.ts'
import type { BusFixture } from '../../src/bus/conformance.ts'
import { kafka } from '../../src/bus/kafka/index.ts'
import { nodeClock as clock, nodePlatform } from '../../src/internal/platform/node.ts'
import { brokers, fresh } from './stage.ts'

const options = { brokers: brokers.bootstrap }
const unknown = 'the bus finds out itself what became of a unit'
const space = 'brokers do not tell how much space they have'
const leftOut = {
  'with run-ahead a whole chain of units can be built before the first is durable':
    'what is not committed is read by nobody',
  'a unit whose answer is unknown and that happened, happens once': unknown,
  'a unit whose answer is unknown and that did not happen, happens once': unknown,
  'entries wait while the bus is short of space, and settling goes on': space,
  'what is handed over while entries should wait voids nothing, and nothing overtakes it': space,
}

async function fixture(): Promise<BusFixture> {
  const prefix = `${fresh('case')}-`
  return {
    platform: nodePlatform,
    make: () => kafka({ ...options, prefix }),
    async until(isSo, what) {
      const end = clock.monotonic() + 30_000
      while (!isSo()) {
        assert.ok(clock.monotonic() < end, `in vain: ${what}`)
        await new Promise<void>((resolve) => void clock.timer(5, resolve))
      }
    },
    async end() {},
  }
}

const abilities = { membersMax: Infinity, answersUnknown: false, canBePressed: false }
const capabilities = resolveCapabilities(kafka(options).capabilities)

suite('the bus', () => {
  for (const { name, run } of plannedCases({ abilities: { ...capabilities, ...abilities }, fixture, leftOut }))
    test(name, run)
})
