/** A process that stood still: suspended, or on a machine that had no time for it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { entry, memory, metrobus, stop } from '../../src/index.ts'
import type { Running } from '../../src/index.ts'
import { silentLog } from '../../src/internal/log.ts'
import type { Clock } from '../../src/testing/index.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../src/testing/index.ts'

const Item = z.object({ key: z.string() })
const handlers = 8

/** An app whose handlers all run when its process stands still for a minute, which is longer than they may take. */
async function stalled(
  handler: (signal: AbortSignal) => Promise<void>,
): Promise<{ app: Running; clock: VirtualClock }> {
  const clock = new VirtualClock()
  let stoodStill = 0
  const jumping: Clock = {
    now: () => clock.now() + stoodStill,
    monotonic: () => clock.monotonic() + stoodStill,
    timer: (delayMs, run) => clock.timer(delayMs, run),
    immediate: (run) => clock.immediate(run),
  }
  const policy = { deadline: { seconds: 5 }, attempts: 2 }
  const work = stop('work', { in: Item, policy, concurrency: handlers }, (_item, { signal }) => handler(signal))
  const items = entry('items', { in: Item, key: ({ key }) => key, route: work })
  const platform = { clock: jumping, random: new SeededRandom(1), disk: new SimDisk() }
  const options = { bus: memory({ partitions: 1 }), platform, log: silentLog, socket: false, blockedAfter: 0 } as const
  const app = await metrobus('app', { entries: [items] }).start(options)
  app.stopped.catch(() => {})
  for (let index = 0; index < handlers; index++) void app.send('items', { key: `k-${index}` }).catch(() => {})
  await clock.advance(100)
  stoodStill = 60_000
  await clock.advance(100)
  return { app, clock }
}

test('handlers that end at their signal are late after it stood still, and none is stuck', async () => {
  const { app, clock } = await stalled(
    (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => setImmediate(reject, signal.reason))),
  )

  await clock.advance(500)

  assert.deepEqual(app.health().live, true)
  assert.equal(app.stats().stops[0]!.retried, handlers)
  await clock.advance(60_000)
  assert.equal(app.stats().stops[0]!.dead, handlers)
  await app.stop()
})

test('handlers that do not end have their second, and then the app fails', async () => {
  const { app, clock } = await stalled(() => new Promise(() => {}))

  await clock.advance(500)
  const before = app.health().live
  await clock.advance(1_000)

  assert.deepEqual([before, app.health().live], [true, false])
  await assert.rejects(app.stopped, { code: 'MB_APP_FAILED' })
})
