/** What is looked at before a handler is given an event, and how far an event may go. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StandardSchema } from '../../src/schema/standard.ts'
import { split } from '../../src/stop/outcome.ts'
import { entryOf, lineOf, rest, stopOf, world } from './harness.ts'

interface Item {
  readonly key?: string
  readonly n: unknown
}

const numbersOnly: StandardSchema = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => (typeof (value as Item).n === 'number' ? { value } : { issues: [{ message: 'no number' }] }),
  },
}

for (const batch of [undefined, { sizeMax: 2, timeMs: 10 }])
  test(`that a limit looks at the data of an event does not hide where it came from${batch === undefined ? '' : ', in a batch'}`, async () => {
    const w = world({ handOver: 'bytes' })
    const holder = await w.start({
      name: 'holder',
      entries: [
        entryOf(
          'in',
          lineOf(
            'main',
            stopOf('x', () => {}),
          ),
        ),
      ],
    })
    const stuck = stopOf('keep', () => new Promise(() => {}), { outSchema: undefined })
    const old = await w.start({ entries: [entryOf('in', lineOf('main', stuck))] })
    await old.send('in', { key: 'a', n: 'text' }, { id: 'e1' })
    const stopping = old.stop({ deadlineMs: 10 })
    await w.clock.advance(20)
    await stopping

    let handled = 0
    const stop = stopOf('keep', () => (handled++, batch && [undefined]), {
      outSchema: undefined,
      inSchema: numbersOnly,
      limits: [{ by: (item) => String((item as Item).key), limit: 1 }],
      batch,
    })
    const router = { ...lineOf('main', stop), lines: [{ name: 'main', version: '2', stops: [stop] }] }
    const app = await w.start({ entries: [entryOf('in', router)] })
    await w.clock.advance(20)
    await app.caughtUp()

    assert.deepEqual([handled, (await app.deadLetters.list()).map(({ cause }) => cause)], [0, ['MB_SCHEMA_CHANGED']])
    await app.stop()
    await holder.stop()
  })

test('the child of a split late on a long line goes on to its end', async () => {
  const w = world()
  const seen: unknown[] = []
  const stops = Array.from({ length: 24 }, (_, index) =>
    stopOf(`s${index}`, (item: Item) => (index === 20 ? split([item, item]) : item)),
  )
  const last = stopOf('last', (_item, { event }) => void seen.push(event.ride), { outSchema: undefined })
  const app = await w.start({ entries: [entryOf('in', lineOf('long', ...stops, last))] })

  await app.send('in', { n: 1 }, { id: 'e1' })
  await rest(w)
  await app.caughtUp()

  assert.deepEqual(seen, ['e1~20~0', 'e1~20~1'])
  await app.stop()
})
