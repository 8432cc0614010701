import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { line } from '../itinerary/line.ts'
import { metrobus } from '../runtime/app.ts'
import { entry } from '../runtime/entry.ts'
import { topic } from '../runtime/topic.ts'
import { stop } from '../stop/stop.ts'
import { memory, VirtualClock } from '../testing/index.ts'
import type { StopAnswer } from './answers.ts'
import { adminRoutes } from './routes.ts'
import { subjectOf } from './subject.ts'

const Item = z.object({ id: z.string() })
const items = topic('items', { schema: Item })
const policy = { attempts: 2, backoff: 10, deadline: 500, whenDeadLettered: 'holdKey' } as const
const limits = [{ by: ({ id }: { readonly id: string }) => id, limit: 3 }, { rate: 10 }]
const keep = stop('keep', { in: Item, policy, concurrency: 8, limits }, () => {})
const shop = metrobus('shop', {
  entries: [entry('keep', { from: items, route: line('main').to(keep) })],
  publishes: [items],
})

test('a stop says what it may do, an entry that reads a topic as well, and one that is not there which are', async () => {
  await using app = await shop.start({ bus: memory(), socket: false, log: { info() {}, warn() {}, error() {} } })
  const routes = adminRoutes({
    subject: subjectOf(app),
    clock: new VirtualClock(),
    signal: new AbortController().signal,
  })
  const ask = async (name: string): Promise<unknown> => (await routes.request(`/v1/stops/${name}`)).json()

  assert.deepEqual(await ask('keep'), {
    stop: 'keep',
    // A test of the package is a part of it, and so no place of a user.
    source: null,
    effects: true,
    policy: {
      attempts: 2,
      backoffFirstMs: 10,
      backoffFactor: 2,
      backoffMaxMs: 60_000,
      deadlineMs: 500,
      whenDeadLettered: 'holdKey',
    },
    concurrency: 8,
    limits: ['3 at once, of each value that it looks at', '10 a second'],
  })
  assert.deepEqual(((await ask('entry.keep')) as StopAnswer).effects, false)
  assert.match(((await ask('nobody')) as { error: { message: string } }).error.message, /keep, entry\.keep/)
})
