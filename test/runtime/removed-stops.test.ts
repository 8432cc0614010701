import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TopicDefinition } from '../../src/runtime/definition.ts'
import { deadLetter } from '../../src/stop/outcome.ts'
import { anything, entryOf, lineOf, stopOf, world } from './harness.ts'

const ignored = lineOf(
  'main',
  stopOf('ignore', () => {}, { outSchema: undefined }),
)

test('what is remembered of the parked keys of a removed entry that read a topic is discarded, too', async () => {
  const w = world()
  const posts: TopicDefinition = {
    kind: 'topic',
    name: 'posts',
    schema: anything,
    key: undefined,
    partitions: 1,
    retention: undefined,
  }
  const from = { topic: posts, start: 'beginning' } as const
  const mail = entryOf('mail', ignored, { inSchema: undefined, from })
  const owner = await w.start({ name: 'owner', entries: [entryOf('in', ignored)], publishes: [posts] })
  await owner.send('in', { n: 1 }, { id: 'e1' })
  await owner.caughtUp()
  const app = await w.start({ entries: [mail] })
  await app.stop()
  const { record } = (await w.bus.inspector.ride('e1'))[0]!
  const member = await w.bus.join('app', [], { assigned() {}, revoked() {}, ready() {}, failed() {}, pressed() {} })
  const left = { topic: 'app.entry.mail.parked', partition: 0, records: [record.copy()] }
  const row = { store: 'park/posts', partition: 0, key: 'k', value: '{"attempts":1}' }
  await member.settle({ outputs: [left], acknowledgements: [], changes: [row] })
  await member.leave()
  const without = { entries: [entryOf('in', ignored)] }
  await assert.rejects(w.start(without), { code: 'MB_STOP_REMOVED' })

  await (await w.start(without, { removedStops: 'discard' })).stop()

  await (await w.start(without)).stop()
  assert.equal((await w.bus.inspector.rows('app', 'park/posts', 0)).size, 0)
  await owner.stop()
})

test('dead letters of a removed stop are not forgotten: the start is refused until they are dealt with, or discarded', async () => {
  const w = world()
  const failing = lineOf(
    'main',
    stopOf('fail', () => deadLetter('no-good'), { outSchema: undefined }),
  )
  // A bus serves from its first app to its last.
  const other = await w.start({ name: 'other', entries: [entryOf('in', ignored)] })
  const app = await w.start({ entries: [entryOf('in', failing)] })
  await app.send('in', { n: 1 })
  await app.caughtUp()
  await app.stop()
  const without = { entries: [entryOf('in', ignored)] }

  await assert.rejects(w.start(without), { code: 'MB_STOP_REMOVED', message: /0 events that wait and 1 dead letters/ })
  await (await w.start(without, { removedStops: 'discard' })).stop()

  await (await w.start(without)).stop()
  await other.stop()
})
