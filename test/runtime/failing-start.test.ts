/** A start on a disk that fails, at every call of it: it rejects, or the app has failed and says so to whoever holds it; nothing is left to the process. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { embedded } from '../../src/bus/embedded/index.ts'
import { memory } from '../../src/bus/memory/index.ts'
import { isMetrobusError } from '../../src/errors/index.ts'
import { silentLog } from '../../src/internal/log.ts'
import type { RunningApp } from '../../src/runtime/running.ts'
import { startApp } from '../../src/runtime/start.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../src/testing/index.ts'
import { entryOf, lineOf, stopOf } from './harness.ts'

const platformOn = (disk: SimDisk, clock: VirtualClock): Parameters<typeof startApp>[1] => ({
  bus: embedded({ dir: '/data', partitions: 2, segmentBytes: 64 * 1024 }),
  platform: { clock, random: new SeededRandom(1), disk },
  log: silentLog,
  socket: false,
  blockedAfter: 0,
})

function start(disk: SimDisk, clock: VirtualClock): Promise<RunningApp> {
  const stops = [
    stopOf('first', (data: object) => ({ ...data })),
    stopOf('last', () => new Promise(() => {}), { outSchema: undefined }),
  ]
  const entries = [entryOf('in', lineOf('main', ...stops))]
  return startApp({ name: 'app', publishes: [], codeVersion: 'test', entries }, platformOn(disk, clock))
}

/** What three processes leave that were killed with the same events on their way: the next one runs those alone before it begins. */
async function killed(): Promise<SimDisk> {
  let disk = new SimDisk()
  for (let death = 0; death < 3; death++) {
    const clock = new VirtualClock()
    disk = disk.remount({ clock })
    const starting = start(disk, clock)
    starting.catch(() => {})
    await clock.advance(100)
    if (death === 0) {
      const app = await starting
      for (let n = 0; n < 20; n++) void app.send('in', { key: `k${n % 7}`, pad: 'x'.repeat(8000) })
      await clock.advance(100)
    }
  }
  return disk
}

for (const [code, fails] of [
  ['EIO', 'any'],
  ['ENOSPC', 'any'],
  ['ENOSPC', 'reading'],
] as const)
  test(`a start on a disk that gives ${code} for ${fails} call, from any on, leaves no rejection to the process`, async () => {
    const left = await killed()
    const unhandled: unknown[] = []
    const hear = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', hear)
    for (let call = 1, calls = Infinity; call <= calls; call++) {
      const clock = new VirtualClock()
      const disk = left.remount({ clock, log: false })
      disk.fail(({ name, number }) => {
        if (number >= call && (fails === 'any' || name === 'open' || name === 'read')) return { error: code }
        return name === 'write' || name === 'sync' ? { delayMs: 50 } : undefined
      })
      const ended = start(disk, clock).then(
        (app) => app.stopped,
        (error: unknown) => {
          throw error
        },
      )
      const outcome = ended.catch((error: unknown) => error)
      await clock.advance(10_000)
      calls = Math.min(calls, disk.callCount() < call ? call : Infinity)
      if (disk.callCount() >= call) {
        const error = await Promise.race([outcome, clock.settle().then(() => 'it goes on')])
        assert.ok(error === 'it goes on' || isMetrobusError(error), `call ${call}: ${String(error)}`)
      }
    }
    process.off('unhandledRejection', hear)
    assert.deepEqual(unhandled, [])
  })

test('a start that fails says why, also when the bus cannot be closed after it', async () => {
  const failing = (message: string) => () => Promise.reject(new RangeError(message))
  const bus = Object.assign(memory(), { ensureTopics: failing('no topics'), close: failing('no end') })
  const definition = { name: 'app', publishes: [], codeVersion: 'test', entries: [] }
  const options = platformOn(new SimDisk(), new VirtualClock())
  await assert.rejects(startApp(definition, { ...options, bus }), /no topics/)
})
