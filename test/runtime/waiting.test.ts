/** How far senders may run ahead of an app, on the embedded bus and a disk whose syncs take their time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { embedded } from '../../src/bus/embedded/index.ts'
import { silentLog } from '../../src/internal/log.ts'
import { startApp } from '../../src/runtime/start.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../src/testing/index.ts'
import { entryOf, lineOf, stopOf } from './harness.ts'

const sends = 12_000
const syncMs = 200
/** Events inside the app, and those that are let in at once. */
const aheadMax = 2_048 + 1_024

interface Ran {
  /** Acknowledged and not handled, at most. */
  readonly ahead: number
  readonly acknowledged: number
}

/** Sends all at once and lets so much time pass; the handler takes `takesMs`, or never ends. */
async function run(takesMs: number, passMs: number): Promise<Ran> {
  const clock = new VirtualClock()
  const disk = new SimDisk({ clock, log: false })
  let handled = 0
  const stop = stopOf(
    'work',
    () =>
      new Promise<void>((resolve) => {
        if (takesMs < Infinity)
          clock.timer(takesMs, () => {
            handled++
            resolve()
          })
      }),
    { outSchema: undefined },
  )
  const starting = startApp(
    { name: 'app', publishes: [], codeVersion: 'test', entries: [entryOf('in', lineOf('main', stop))] },
    {
      bus: embedded({ dir: '/data', partitions: 4 }),
      platform: { clock, random: new SeededRandom(1), disk },
      log: silentLog,
      socket: false,
      blockedAfter: 0,
    },
  )
  await clock.advance(100)
  const app = await starting
  disk.fail(({ name }) => (name === 'sync' ? { delayMs: syncMs } : undefined))
  let acknowledged = 0
  for (let n = 0; n < sends; n++) void app.send('in', { key: `k${n}`, n }).then(() => acknowledged++)
  let ahead = 0
  for (let passed = 0; passed < passMs; passed += 10) {
    await clock.advance(10)
    ahead = Math.max(ahead, acknowledged - handled)
  }
  disk.fail(() => undefined)
  void app.stop({ deadlineMs: 1 }).catch(() => undefined)
  await clock.advance(60_000)
  return { ahead, acknowledged }
}

test('behind a disk whose syncs are slow, senders wait for an app that gets on', async () => {
  const { ahead, acknowledged } = await run(5, 5000)
  assert.ok(acknowledged > aheadMax, `only ${acknowledged} were let in`)
  assert.ok(ahead <= aheadMax, `${ahead} were let in ahead of the app`)
})

test('senders do not wait for an app that stands still', async () => {
  assert.equal((await run(Infinity, 5000)).acknowledged, sends)
})
