import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import test from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import * as z from 'zod'
import {
  deadLetter,
  drop,
  entry,
  line,
  mapMaker,
  metrobus,
  reroute,
  retry,
  split,
  stop,
  switchStop,
  topic,
  wait,
} from '../../src/index.ts'
import { given, numberOfTimes } from '../../src/testing/index.ts'

const Order = z.object({ id: z.string(), total: z.number() })
type Order = z.infer<typeof Order>
const order: Order = { id: 'o-1', total: 12 }

const price = stop('price', { in: Order, out: Order, effects: 'none' }, (one) =>
  one.total < 0 ? drop('negative', `${one.total}`) : { ...one, total: one.total * 2 },
)
const keep = stop('keep', { in: Order }, () => {})

/** What a scenario that fails says. */
async function messageOf(scenario: PromiseLike<unknown>): Promise<string> {
  try {
    await scenario
  } catch (error) {
    return (error as Error).message
  }
  return assert.fail('it held')
}

test('a stop alone: what it answers is compared with data and with outcomes', async () => {
  await given(price).when(order).thenAnswers({ id: 'o-1', total: 24 })
  await given(price).when({ id: 'o-1', total: -1 }).thenAnswers(drop('negative')).thenAnswers(drop('negative', '-1'))
  await given(keep).when(order).thenAnswers(undefined)
  const parts = stop('parts', { in: Order, out: Order }, (one) => split([one, one]))
  await given(parts)
    .when(order)
    .thenAnswers(split([order, order]))
  const way = stop('way', { in: Order, out: Order, targets: { keep } }, (one) => reroute('keep', one))
  await given(way).when(order).thenAnswers(reroute('keep', order)).thenPasses('way')
})

test('what is expected and not found is an AssertionError with both, the story, and the line of the test', async () => {
  const scenario = given(price).when(order, { key: 'k' }).thenAnswers(drop('negative'))
  await assert.rejects(scenario, (error: assert.AssertionError) => {
    assert.ok(error instanceof assert.AssertionError)
    assert.deepEqual([error.expected, error.actual], [drop('negative'), { id: 'o-1', total: 24 }])
    assert.match(error.message, /"price" should answer: drop negative\n +and answered: gives \{"id":"o-1","total":24\}/)
    assert.match(error.message, /what happened:\n +0 ms +event-1 +price: gives/)
    assert.match(error.stack ?? '', /given\.test/)
    return true
  })
})

test('a route: the line, the stops that were passed, and where it ended', async () => {
  const whiteList = stop('white-list', { in: Order, out: Order, effects: 'none' }, (one) =>
    one.id === 'o-1' ? one : drop('not-listed'),
  )
  const lines = {
    big: line('big').via(price).via(whiteList).to(keep),
    small: line('small').via(price).to(keep),
  }
  const bySize = mapMaker('by-size', { lines, choose: ({ total }) => (total > 10 ? 'big' : 'small') })
  const app = metrobus('shop', { entries: [entry('orders', { in: Order, key: ({ id }) => id, route: bySize })] })

  await given(app).when('orders', order).thenRides('big').thenPasses('price', 'white-list', 'keep')
  await given(app).when('orders', { id: 'o-2', total: 1 }).thenRides('small').thenPasses('price', 'keep')
  await given(bySize).when({ id: 'o-2', total: 11 }).thenPasses('price', 'white-list').thenAnswers(drop('not-listed'))
  await given(lines.small).when(order).thenPasses('price', 'keep')
  assert.match(
    await messageOf(given(app).when('orders', order).thenRides('small')),
    /event-1 should ride "small", and rode "big"/,
  )
  assert.match(
    await messageOf(given(app).when('orders', order).thenPasses('price', 'keep')),
    /should pass: price, keep\n +and passed: price, white-list, keep/,
  )
})

test('a switch: the name of the line that it chose', async () => {
  const lines = { home: line('home').to(keep), abroad: line('abroad').via(price).to(keep) }
  const byTotal = switchStop('by-total', { in: Order, lines, effects: 'none' }, ({ total }) =>
    total > 10 ? 'abroad' : 'home',
  )
  await given(byTotal).when(order).thenAnswers('abroad')
  await given(line('orders').via(byTotal).to(keep))
    .when(order)
    .thenRides('abroad')
    .thenPasses('by-total', 'price', 'keep')
})

test('retries take no time: each try is told with its moment', async () => {
  const tries = { left: 2 }
  const shaky = stop(
    'shaky',
    { in: Order, out: Order, policy: { backoff: { first: 60_000, max: 600_000 } } },
    (one) => {
      if (tries.left-- > 0) throw new RangeError('no luck')
      return one
    },
  )
  const { tries: told } = await given(shaky).when(order).thenTriesAt([0, 60_000, 180_000]).thenAnswers(order)
  assert.deepEqual(
    told.map(({ attempt, error }) => [attempt, (error as Error | undefined)?.message]),
    [
      [1, 'no luck'],
      [2, 'no luck'],
      [3, undefined],
    ],
  )
  const later = stop('later', { in: Order, out: Order }, (one, { attempt }) =>
    attempt === 1 ? retry({ seconds: 3600 }) : one,
  )
  await given(later).when(order).thenTriesAt([0, 3_600_000])
  assert.match(
    await messageOf(given(later).when(order).thenTriesAt([0])),
    /at \[0\] ms, and tried it at \[0, 3600000\] ms/,
  )
})

test('what waits is left waiting when nothing else happens, and goes on when a later event lets it', async () => {
  const cleared = new Set<string>()
  const Ask = z.object({ id: z.string(), clear: z.boolean() })
  const ask = stop('ask', { in: Ask, out: Ask, policy: { attempts: 1 } }, (one) => {
    if (one.clear) cleared.add(one.id)
    return one.clear || cleared.has(one.id) ? one : wait({ seconds: 1 })
  })
  const { tries, deadLetters } = await given(ask)
    .when({ id: 'o-1', clear: false })
    .thenAnswers(wait({ seconds: 1 }))
    .when({ id: 'o-1', clear: true })
    .thenAnswers({ id: 'o-1', clear: true })
  const first = tries.filter(({ event }) => event === 'event-1')
  assert.ok(first.length > 1_000)
  assert.deepEqual([first.at(-1)?.answer, deadLetters], [{ id: 'o-1', clear: false }, []])
  assert.deepEqual(new Set(tries.map(({ attempt }) => attempt)), new Set([1]))
})

test('waiting for hours ends a step as well, and cuts off nobody who fails, or is slow, meanwhile', async () => {
  const Ask = z.object({ id: z.string(), after: z.number() })
  let left = 2
  const ask = stop('ask', { in: Ask, out: Ask, policy: { attempts: 3, backoff: 60_000 } }, async (one) => {
    if (one.id === 'waits') return wait(one.after)
    if (one.id === 'slow') await new Promise((resolve) => setTimeout(resolve, 20_000))
    else if (left-- > 0) throw new Error('no luck')
    return one
  })
  await given(ask).when({ id: 'waits', after: 3_600_000 }).thenAnswers(wait(3_600_000))
  await given(ask)
    .when({ id: 'waits', after: 10 })
    .thenAnswers(wait(10))
    .when({ id: 'fails', after: 0 })
    .thenTriesAt([0, 60_000, 120_000])
    .when({ id: 'slow', after: 0 })
    .thenAnswers({ id: 'slow', after: 0 })
})

test('what an event was split into is tried and emits as a part of it; what it emits is another event', async () => {
  const noted = topic('noted', { schema: Order, key: ({ id }) => id })
  const halve = stop('halve', { in: Order, out: Order }, (one) => split([1, 2].map((n) => ({ ...one, total: n }))))
  const note = stop('note', { in: Order, emits: [noted], policy: { backoff: 100 } }, (one, { emit, attempt }) => {
    if (one.total === 2 && attempt === 1) throw new Error('no luck')
    emit(noted, one)
  })
  const again = stop('again', { in: Order, emits: [noted] }, (one, { emit }) =>
    one.total < 9 ? emit(noted, { ...one, total: 9 }) : undefined,
  )
  const shop = metrobus('shop', {
    entries: [
      entry('orders', { in: Order, route: line('main').via(halve).to(note) }),
      entry('notes', { from: noted, route: again }),
    ],
    publishes: [noted],
  })
  await given(shop)
    .when('orders', order)
    .thenEmits(noted, { ...order, total: 1 }, { ...order, total: 2 })
    .thenTriesAt([0, 0, 100], 'note')
    .thenTriesAt([0])
})

test('dead letters: with their cause, and not when there is none', async () => {
  const refuse = stop('refuse', { in: Order }, () => deadLetter('no-card'))
  const { deadLetters } = await given(refuse).when(order).thenDeadLetters().thenDeadLetters('no-card')
  assert.equal(deadLetters[0]?.attempts, 1)
  const fails = stop('fails', { in: Order }, () => {
    throw new TypeError('x is not a function')
  })
  await given(fails).when(order).thenDeadLetters('TypeError').thenTriesAt([0, 200, 600, 1400, 3000])
  assert.match(
    await messageOf(given(keep).when(order).thenDeadLetters()),
    /should be a dead letter, and was not given up/,
  )
  assert.match(
    await messageOf(given(refuse).when(order).thenDeadLetters('x')),
    /for "x", and was given up for "no-card"/,
  )
})

test('a key that waits for a retry holds its own events and no others', async () => {
  const once = new Set<string>()
  const shaky = stop('shaky', { in: Order }, ({ id, total }) => {
    if (total === 1 && !once.has(id)) {
      once.add(id)
      throw new RangeError('no luck')
    }
  })
  const { tries } = await given(shaky)
    .when({ id: 'a', total: 1 }, { key: 'a' })
    .when({ id: 'a', total: 2 }, { key: 'a' })
    .when({ id: 'b', total: 3 }, { key: 'b' })
  assert.deepEqual(
    tries.map(({ event, at }) => [event, at]),
    [
      ['event-1', 0],
      ['event-3', 0],
      ['event-1', 200],
      ['event-2', 200],
    ],
  )
})

test('time, timers and randomness of the stop are virtual, and nobody else notices', async () => {
  const outside = Date.now()
  const slow = stop(
    'slow',
    { in: Order, out: z.object({ took: z.number(), day: z.string(), random: z.number(), id: z.string() }) },
    async () => {
      const began = Date.now()
      await pause(5_000)
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      return {
        took: Date.now() - began,
        day: new Date().toISOString().slice(0, 10),
        random: Math.random(),
        id: randomUUID(),
      }
    },
  )
  const real = [Date, setTimeout, Math.random, fetch]
  const [one, two] = [await given(slow).when(order), await given(slow).when(order)]
  const answer = one.tries[0]!.answer as { readonly took: number; readonly day: string }
  assert.deepEqual([answer.took, answer.day], [6_000, '2026-01-01'])
  assert.deepEqual(one.tries[0]!.answer, two.tries[0]!.answer)
  assert.ok(Math.abs(Date.now() - outside) < 60_000)
  assert.deepEqual([Date, setTimeout, Math.random, fetch], real)
})

test('real input and output is refused by name, also when the stop swallows it', async () => {
  const reads = stop('reads', { in: Order }, async () => {
    await readFile('/etc/hosts').catch(() => {})
  })
  assert.match(
    await messageOf(given(reads).when(order)),
    /^fs\/promises\.readFile\(\) reaches the world outside, and the stop "reads" called it/,
  )
  const calls = stop('calls', { in: Order }, async () => void (await fetch('http://localhost:1')))
  await assert.rejects(given(calls).when(order), { code: 'MB_REAL_IO' })
})

test('an event that an entry refuses', async () => {
  const app = metrobus('shop', { entries: [entry('orders', { in: Order, route: keep })] })
  const bad = { id: 'o-1' } as Order
  await given(app).when('orders', bad).thenRefuses('MB_INVALID_EVENT').when('orders', order).thenPasses('keep')
  await assert.rejects(given(app).when('orders', bad), { code: 'MB_INVALID_EVENT' })
  assert.match(await messageOf(given(app).when('orders', order).thenRefuses()), /should refuse the event, and took it/)
})

test('what is emitted, and apps that read a topic', async () => {
  const confirmed = topic('order-confirmed', { schema: Order, key: ({ id }) => id })
  const confirm = stop('confirm', { in: Order, emits: [confirmed] }, (one, ctx) => ctx.emit(confirmed, one))
  const shop = metrobus('shop', { entries: [entry('orders', { in: Order, route: confirm })], publishes: [confirmed] })
  await given(shop).when('orders', order).thenEmits(confirmed, order)
  assert.match(
    await messageOf(given(shop).when('orders', order).thenEmits(confirmed)),
    /should emit 0 to "order-confirmed"/,
  )

  const mail = metrobus('mail', { entries: [entry('confirmed', { from: confirmed, route: keep })] })
  const { rides } = await given(mail).when('confirmed', order).thenPasses('keep')
  assert.equal(rides[0]!.key, 'o-1')
})

test('handed to a stop several times, as after crashes, an event shows what is not idempotent', async () => {
  const put = new Map<string, Order>()
  const added: Order[] = []
  const puts = stop('puts', { in: Order }, (one, { event }) => void put.set(event.ride, one))
  const adds = stop('adds', { in: Order }, async (one) => void added.push(one))
  await given(puts).when(order, numberOfTimes(3)).thenAnswers(undefined)
  await given(adds).when(order, numberOfTimes(3)).thenTriesAt([0])
  assert.deepEqual([put.size, added.length], [1, 3])
})

test('a handler that never ends does not hang the test', async () => {
  const never = stop('never', { in: Order }, () => new Promise<void>(() => {}))
  await assert.rejects(given(never).when(order), { code: 'MB_NOT_CAUGHT_UP', message: /the stop "never" has/ })
})

test('a batch is told event by event', async () => {
  const bulk = stop.batch('bulk', { in: Order, out: Order, size: 10 }, (orders) =>
    orders.map((one) => (one.total > 10 ? one : drop('small'))),
  )
  const scenario = given(bulk).when(order, { key: 'a' }).thenAnswers(order).when({ id: 'o-2', total: 1 }, { key: 'b' })
  await scenario.thenAnswers(drop('small'))
})
