/**
 * Stores: state by key that belongs to a stop. What a handler changes rides in the commit unit of its event, so it is there once when the event is done, and never happened
 * when it fails. Rows are in files here; they could be deleted, for the store's log on the bus tells all.
 */
import * as z from 'zod'
import { embedded, entry, line, metrobus, stop, store } from '../../src/index.ts'
import { sqlite } from '../../src/store/sqlite/index.ts'

const Reading = z.object({ meter: z.string(), kWh: z.number() })
const Meter = z.object({ readings: z.number(), last: z.number(), most: z.number() })
const Alarm = z.object({ kWh: z.number() })

const meters = store('meters', Meter)
const alarms = store('alarms', Alarm, { ttl: { days: 30 } })

const keep = stop(
  'keep',
  { in: Reading, effects: 'none', stores: { meters, alarms } },
  ({ meter, kWh }, { stores }) => {
    const before = stores.meters.get(meter)
    const most = before?.most ?? 0
    stores.meters.put(meter, { readings: (before?.readings ?? 0) + 1, last: kWh, most: Math.max(kWh, most) })
    if (before !== undefined && kWh > 2 * most) stores.alarms.put(`${meter}/${before.readings + 1}`, { kWh })
  },
)

const readings = entry('readings', { in: Reading, key: ({ meter }) => meter, route: line('metering').to(keep) })

await using app = await metrobus('meters', { entries: [readings] }).start({
  bus: embedded({ dir: './data' }),
  stores: sqlite({ dir: './data/stores' }),
})

const sent = [
  { meter: 'm-1', kWh: 3 },
  { meter: 'm-2', kWh: 5 },
  { meter: 'm-1', kWh: 4 },
  { meter: 'm-1', kWh: 11 },
]
let last = ''
for (const reading of sent) last = (await app.send('readings', reading)).id

// Waits until the store has absorbed the last one: a reader sees what it has written.
console.log('m-1', await app.store(meters).get('m-1', { after: last }))

const { rows } = await app.store(alarms).range({ prefix: 'm-1/' })
for (const { key, value } of rows) console.log('alarm', key, value)
