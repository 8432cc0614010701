import assert from 'node:assert/strict'
import test from 'node:test'
import type { Platform } from '../../internal/platform/platform.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../testing/index.ts'
import { resolveCapabilities } from '../capabilities.ts'
import { plannedCases } from '../conformance.ts'
import type { BusFixture } from '../conformance.ts'
import { output, records } from '../conformance/fixture.ts'
import { embedded } from './index.ts'
import type { EmbeddedOptions } from './index.ts'

const dir = '/data'

async function fixtureOf(options: EmbeddedOptions): Promise<BusFixture> {
  const clock = new VirtualClock()
  const disk = new SimDisk({ clock, log: false })
  const platform: Platform = { clock, random: new SeededRandom(1), disk }
  return {
    platform,
    make: () => embedded({ dir, ...options }),
    async until(isSo, what) {
      for (let waited = 0; !isSo(); waited += 5) {
        assert.ok(waited < 10_000, `in vain: ${what}`)
        await clock.advance(5)
      }
    },
    press: {
      async fill(probe) {
        disk.fail((call) => (call.name === 'write' ? { error: 'ENOSPC' } : undefined))
        void probe.member.settle({ outputs: [output('in', records('waits'))], acknowledgements: [], changes: [] })
        await probe.fixture.until(() => probe.pressure.length > 0, 'the disk is full')
        disk.fail(undefined)
      },
      async relieve() {},
    },
    async end() {},
  }
}

const capabilities = resolveCapabilities(embedded().capabilities)
const abilities = { ...capabilities, membersMax: 1, answersUnknown: false, canBePressed: true }
const alone = 'one process owns the journal, and an app is the only member of its group in it'
const certain = 'the journal either fails for good or knows what is on the disk: its answer is never `unknown`'
const leftOut = {
  'a partition that another member owns is not acknowledged': alone,
  'two members of a group share the partitions, and one that leaves gives its share back': alone,
  'a unit whose answer is unknown and that happened, happens once': certain,
  'a unit whose answer is unknown and that did not happen, happens once': certain,
}

const kinds: Readonly<Record<string, EmbeddedOptions>> = {
  'as it comes': {},
  'with small segments and a small cache': { segmentBytes: 64 * 1024, cacheBytesMax: 1024 * 1024 },
  'not synced': { durability: 'none' },
}

for (const [kind, options] of Object.entries(kinds))
  for (const { name, run } of plannedCases({ abilities, fixture: () => fixtureOf(options), leftOut }))
    test(`embedded, ${kind}: ${name}`, run)
