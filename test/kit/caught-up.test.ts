import assert from 'node:assert/strict'
import test from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import * as z from 'zod'
import { entry, memory, metrobus, retry, stop } from '../../src/index.ts'
import type { App, Entry } from '../../src/index.ts'
import { silentLog } from '../../src/internal/log.ts'
import { SeededRandom, SimDisk, VirtualClock, caughtUp } from '../../src/testing/index.ts'

const Order = z.object({ id: z.string() })

function appOf(handle: (attempt: number) => unknown): App<readonly [Entry<'orders', { id: string }>]> {
  const keep = stop(
    'keep',
    { in: Order, policy: { attempts: 1_000, backoff: { first: 60_000 } } },
    async (_, { attempt }) => void (await handle(attempt)),
  )
  return metrobus('shop', { entries: [entry('orders', { in: Order, route: keep })] })
}

test('waits for an app on the real clock, without sleeping longer than it takes', async () => {
  let kept = 0
  const app = appOf(async () => {
    await pause(5)
    kept++
  })
  await using running = await app.start({ bus: memory(), log: silentLog })
  for (let index = 0; index < 3; index++) await running.send('orders', { id: `${index}` })
  await caughtUp(running)
  assert.equal(kept, 3)
})

test('says where events still are when it is not caught up in time', async () => {
  const app = appOf(() => {
    throw new RangeError('not now')
  })
  await using running = await app.start({ bus: memory(), log: silentLog })
  await running.send('orders', { id: 'o' })
  await assert.rejects(caughtUp(running, { within: 50 }), {
    code: 'MB_NOT_CAUGHT_UP',
    message: 'The app "shop" had not caught up after 0.05 s: the stop "keep" has 1 key waiting for a retry.',
  })
})

test('moves a virtual clock on from timer to timer', async () => {
  const clock = new VirtualClock()
  const app = appOf((attempt) => {
    if (attempt < 4) throw new RangeError('not now')
  })
  const platform = { clock, random: new SeededRandom(1), disk: new SimDisk() }
  const running = await app.start({ bus: memory(), platform, log: silentLog, socket: false, blockedAfter: 0 })
  await running.send('orders', { id: 'o' })
  await caughtUp(running, { clock })
  assert.ok(clock.monotonic() > 180_000 * 0.8)

  const never = await appOf(() => Promise.reject(new RangeError('never'))).start({
    bus: memory(),
    platform,
    log: silentLog,
    socket: false,
    blockedAfter: 0,
  })
  await never.send('orders', { id: 'o' })
  await assert.rejects(caughtUp(never, { clock, within: { seconds: 600 } }), {
    code: 'MB_NOT_CAUGHT_UP',
    message: /after [\d.]+ s: the stop "keep"/,
  })
})

test('does not wait for what is tried for ever', async () => {
  const clock = new VirtualClock()
  const platform = { clock, random: new SeededRandom(1), disk: new SimDisk() }
  const ask = stop('ask', { in: Order, policy: { attempts: Infinity } }, () => retry(10))
  const app = metrobus('shop', { entries: [entry('orders', { in: Order, route: ask })] })
  const running = await app.start({ bus: memory(), platform, log: silentLog, socket: false, blockedAfter: 0 })
  await running.send('orders', { id: 'o' })

  await assert.rejects(caughtUp(running, { clock }), {
    code: 'MB_NOT_CAUGHT_UP',
    message: /the stop "ask" has 1 key waiting for a retry/,
  })
  assert.ok(clock.monotonic() < 24 * 3_600_000)
})
