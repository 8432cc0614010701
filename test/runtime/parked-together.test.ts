/** Keys of one partition that wait so long that their events are let go from memory, and are due in the same moment. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { entry, memory, metrobus, stop } from '../../src/index.ts'
import { silentLog } from '../../src/internal/log.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../src/testing/index.ts'

const Item = z.object({ key: z.string(), n: z.int() })
const keys = Array.from({ length: 30 }, (_, index) => `k-${index}`)
const minute = 60_000

for (const jitter of [0, 0.2])
  test(`each is tried again, with a jitter of ${jitter}`, async () => {
    const clock = new VirtualClock()
    const done: string[] = []
    const policy = { attempts: Infinity, backoff: { first: 200, max: 20_000 }, jitter }
    const work = stop('work', { in: Item, policy }, ({ key, n }) => {
      if (clock.monotonic() < 5 * minute) throw new Error('down')
      done.push(`${key} ${n}`)
    })
    const items = entry('items', { in: Item, key: ({ key }) => key, route: work })
    const platform = { clock, random: new SeededRandom(1), disk: new SimDisk() }
    const options = {
      bus: memory({ partitions: 1 }),
      platform,
      log: silentLog,
      socket: false,
      blockedAfter: 0,
    } as const
    const app = await metrobus('app', { entries: [items] }).start(options)

    for (const n of [1, 2, 3]) for (const key of keys) void app.send('items', { key, n })
    await clock.advance(7 * minute)

    assert.deepEqual(new Set(done), new Set(keys.flatMap((key) => [1, 2, 3].map((n) => `${key} ${n}`))))
    for (const key of keys)
      assert.deepEqual(
        done.filter((one) => one.startsWith(`${key} `)),
        [1, 2, 3].map((n) => `${key} ${n}`),
      )
    assert.equal(done.length, 3 * keys.length)
    await app.stop()
  })
