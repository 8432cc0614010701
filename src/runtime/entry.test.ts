import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { line } from '../itinerary/line.ts'
import { stop } from '../stop/stop.ts'
import { entry } from './entry.ts'
import { topic } from './topic.ts'

const Contact = z.object({ accountId: z.string() })
const archive = stop('archive', { in: Contact }, () => {})
const campaign = line('campaign').to(archive)
const confirmed = topic('confirmed', { schema: Contact })
const loosely = entry as unknown as (name: string, options: unknown) => unknown

test('an entry that is sent to validates by its schema and remembers ids', () => {
  const key = ({ accountId }: { readonly accountId: string }) => accountId
  assert.deepEqual(entry('contacts', { in: Contact, key, route: campaign }), {
    kind: 'entry',
    name: 'contacts',
    inSchema: Contact,
    key,
    router: campaign,
    from: undefined,
    dedupe: { countMax: 100_000, timeMs: 600_000 },
  })
  const { dedupe } = entry('contacts', { in: Contact, route: campaign, dedupe: { count: 0, time: { seconds: 1 } } })
  assert.deepEqual(dedupe, { countMax: 0, timeMs: 1000 })
})

test('an entry that reads a topic begins with what comes now, or at the beginning', () => {
  const now = entry('email', { from: confirmed, route: campaign })
  assert.deepEqual([now.inSchema, now.from], [undefined, { topic: confirmed, start: 'now' }])
  assert.equal(entry('email', { from: confirmed, start: 'beginning', route: campaign }).from?.start, 'beginning')
})

test('a first stop is a route: hard-wired', () => {
  assert.equal(entry('contacts', { in: Contact, route: archive }).router.kind, 'stop')
})

test('tells every fault at once', () => {
  const bad = { in: 5, from: {}, start: 'soon', key: 'accountId', dedupe: { count: -1, time: NaN } }
  assert.throws(() => loosely('contacts', bad), {
    code: 'MB_BAD_OPTIONS',
    facts: {
      what: 'The entry "contacts"',
      faults: [
        'it must have either in or from',
        'in must be a Standard Schema, such as one of zod, valibot or arktype, found number',
        'from must be a topic',
        'start must be "now" or "beginning", found "soon"',
        'key must be a function, found "accountId"',
        'route must be a line, a map maker, a conductor or a stop',
        'dedupe.count must be a whole number from 0, found -1',
        'dedupe.time must be a number from 0, found NaN',
      ],
    },
  })
  assert.throws(
    () => loosely('contacts', { route: campaign, start: 'now' }),
    /either in or from; start is for an entry/,
  )
  assert.throws(() => loosely('Contacts', { in: Contact, route: campaign }), { code: 'MB_BAD_NAME' })
})
