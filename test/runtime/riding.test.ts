import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drop, pop, push, reroute, split } from '../../src/stop/outcome.ts'
import { byText, entryOf, lineOf, rest, stopOf, world } from './harness.ts'

interface Item {
  readonly key?: string
  readonly n: number
}

test('an event rides its line, and each stop sees what the one before gave', async () => {
  const w = world()
  const seen: unknown[] = []
  const double = stopOf('double', (item: Item) => ({ ...item, n: item.n * 2 }), { hasEffects: false })
  const keep = stopOf(
    'keep',
    (item: Item, { event, itinerary }) =>
      void seen.push([event.id, event.ride, item.n, itinerary.behind.map((visit) => visit.stop)]),
    { outSchema: undefined },
  )
  const app = await w.start({ entries: [entryOf('in', lineOf('main', double, keep))] })

  const receipt = await app.send('in', { key: 'a', n: 21 }, { id: 'e1' })
  await app.caughtUp()

  assert.deepEqual(receipt, { id: 'e1', duplicate: false })
  assert.deepEqual(seen, [['e1~1', 'e1', 42, ['double']]])
  assert.deepEqual(await app.stop(), { drained: true })
})

test('events of one key are handled one at a time and in order while other keys go on', async () => {
  const w = world()
  const order: string[] = []
  const running = new Map<string, number>()
  const slow = stopOf('slow', async (item: Item) => {
    running.set(item.key!, (running.get(item.key!) ?? 0) + 1)
    assert.equal(running.get(item.key!), 1, 'two of one key at once')
    await new Promise<void>((resolve) => w.clock.timer(item.key === 'slow' ? 1_000 : 1, resolve))
    running.set(item.key!, 0)
    order.push(`${item.key}${item.n}`)
    return item
  })
  const app = await w.start({ entries: [entryOf('in', lineOf('main', slow))] })

  for (let n = 0; n < 3; n++) for (const key of ['slow', 'fast']) void app.send('in', { key, n })
  await w.clock.advance(100)
  assert.deepEqual(order, ['fast0', 'fast1', 'fast2'])
  await w.clock.advance(5_000)
  assert.deepEqual(order.slice(3), ['slow0', 'slow1', 'slow2'])
  await app.stop()
})

test('drop, split, reroute, push and pop do what they say, and the trace tells', async () => {
  const w = world()
  const seen: string[] = []
  const note = (name: string) =>
    stopOf(name, (item: Item, { event }) => (seen.push(`${name}:${event.id}:${item.n}`), item))
  const extra = note('extra')
  const other = note('other')
  const targets = new Map([
    ['extra', { line: 'extra', version: '1', stops: [extra] }],
    ['other', { line: 'other', version: '1', stops: [other] }],
  ])
  const decide = stopOf(
    'decide',
    (item: Item) => {
      if (item.n === 1) return drop('odd', 'one is odd')
      if (item.n === 2) return split([{ n: 21 }, { n: 22 }])
      if (item.n === 3) return reroute('other', item)
      if (item.n === 4) return push('extra', item)
      if (item.n === 5) return pop(item)
      return item
    },
    { targets },
  )
  const first = note('first')
  const last = note('last')
  const app = await w.start({ entries: [entryOf('in', lineOf('main', decide, first, last))] })

  for (let n = 0; n <= 5; n++) await app.send('in', { n }, { id: `e${n}` })
  await app.caughtUp()

  assert.deepEqual(
    seen.toSorted(),
    [
      'first:e0~1:0',
      'last:e0~2:0',
      'first:e2~0:21',
      'last:e2~0~1:21',
      'first:e2~1:22',
      'last:e2~1~1:22',
      'other:e3~1:3',
      'extra:e4~1:4',
      'first:e4~2:4',
      'last:e4~3:4',
      'last:e5~1:5',
    ].toSorted(),
  )
  const dropped = await app.inspector.ride('e1')
  assert.deepEqual(
    dropped.map(({ topic, record }) => [topic, record.headers]),
    [
      ['app.decide', {}],
      ['app.ended', { ended: 'dropped:odd one is odd', stop: 'decide' }],
    ],
  )
  assert.deepEqual(app.stats().stops.find((stop) => stop.stop === 'decide')?.dropped, { odd: 1 })
  await app.stop()
})

test('send with an id seen within the window is one event, also after a restart and while the first is under way', async () => {
  const w = world()
  const seen: string[] = []
  const keep = stopOf('keep', (_: Item, { event }) => void seen.push(event.ride), { outSchema: undefined })
  const definition = { entries: [entryOf('in', lineOf('main', keep))] }
  const app = await w.start(definition)
  const twin = await w.start({ ...definition, name: 'holder' })

  const both = await Promise.all([app.send('in', { n: 1 }, { id: 'x' }), app.send('in', { n: 2 }, { id: 'x' })])
  await app.caughtUp()
  await app.stop()
  const again = await w.start(definition)
  const third = await again.send('in', { n: 3 }, { id: 'x' })
  await w.clock.advance(61_000)
  const late = await again.send('in', { n: 4 }, { id: 'x' })
  await again.caughtUp()

  assert.deepEqual(
    [...both, third, late].map((receipt) => receipt.duplicate),
    [false, true, true, false],
  )
  assert.deepEqual(seen, ['x', 'x'])
  await again.stop()
  await twin.stop()
})

test('send inside a stop is refused and names ctx.emit', async () => {
  const w = world()
  const errors: unknown[] = []
  const sender = stopOf('sender', async (item: Item) => {
    await app.send('in', item).catch((error: unknown) => errors.push(error))
    return item
  })
  const app = await w.start({ entries: [entryOf('in', lineOf('main', sender))] })
  await app.send('in', { n: 1 })
  await app.caughtUp()
  assert.match(String(errors[0]), /MB|ctx\.emit/)
  await app.stop()
})

test('ctx.emit adds an event to the unit of its cause, with ids made from it', async () => {
  const w = world()
  const seen: unknown[] = []
  const log = stopOf(
    'log',
    (_: Item, { event }) => void seen.push([event.ride, event.correlationId, event.causationId]),
    { outSchema: undefined },
  )
  const side = entryOf('side', lineOf('side', log))
  const main = stopOf(
    'main',
    (item: Item, ctx) => {
      ctx.emit({ kind: 'entry', name: 'side' }, { n: 1 })
      ctx.emit({ kind: 'entry', name: 'side' }, { n: 2 })
      return item
    },
    { emits: [{ kind: 'entry', name: 'side' }] },
  )
  const app = await w.start({ entries: [entryOf('in', lineOf('line', main)), side] })
  await app.send('in', { n: 0 }, { id: 'a~b!' })
  await app.caughtUp()
  assert.deepEqual(byText(seen), [
    ['a%7eb%21!0', 'a%7eb%21', 'a%7eb%21'],
    ['a%7eb%21!1', 'a%7eb%21', 'a%7eb%21'],
  ])
  await rest(w)
  await app.stop()
})
