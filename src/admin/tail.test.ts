import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { nodeClock } from '../internal/platform/node.ts'
import type { Clock } from '../internal/platform/platform.ts'
import { line } from '../itinerary/line.ts'
import { metrobus } from '../runtime/app.ts'
import { entry } from '../runtime/entry.ts'
import { stop } from '../stop/stop.ts'
import { memory } from '../testing/index.ts'
import { tail } from './tail.ts'

const records = 1_000
const keep = stop('keep', { in: z.number() }, () => undefined)
const numbers = entry('numbers', { in: z.number(), route: line('main').to(keep) })
const log = { info() {}, warn() {}, error() {} }

test('whoever reads a topic to its end leaves the loop to the app on the way, also where nothing matches', async () => {
  await using app = await metrobus('app', { entries: [numbers] }).start({ bus: memory(), socket: false, log })
  await Promise.all(Array.from({ length: records }, (_, number) => app.send('numbers', number)))
  await app.caughtUp()
  for (const matches of [() => true, () => false]) {
    let now = 0
    let turns = 0
    // Each look at the clock takes a tenth of a millisecond.
    const clock: Clock = {
      ...nodeClock,
      monotonic: () => (now += 0.1),
      immediate: (run) => nodeClock.immediate(() => (turns++, run())),
    }
    const request = {
      topic: 'app.keep',
      partition: undefined,
      from: 'beginning',
      follow: false,
      countMax: Infinity,
    } as const
    let read = 0
    const { signal } = new AbortController()
    for await (const { record } of tail(app.inspector, { ...request, matches }, clock, signal)) read += record.hop + 1
    assert.equal(read, matches() ? records : 0)
    assert.ok(turns >= 20, `the app had ${turns} turns`)
  }
})
