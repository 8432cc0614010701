/** A handler that leaves something behind which fails after it has returned: a promise (`promise`) or a timer (`timer`); or the program itself does (`foreign`). */
import * as z from 'zod'
import { entry, line, memory, metrobus, stop } from '../../../src/index.ts'

const kind = process.argv[2] ?? ''
const Item = z.object({ n: z.number() })

async function failLater(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 50))
  throw new Error('left behind')
}

const careless = stop('careless', { in: Item }, ({ n }) => {
  if (n !== 2) return
  if (kind === 'promise') void failLater()
  if (kind === 'timer')
    setTimeout(() => {
      throw new Error('left behind')
    }, 50)
})
const items = entry('items', { in: Item, route: line('main').to(careless) })
const app = await metrobus('rejecting', { entries: [items] }).start({ bus: memory(), socket: false })
for (const n of [1, 2, 3]) await app.send('items', { n }, { id: `e${n}` })
await app.caughtUp()
if (kind === 'foreign') void failLater()
for (let left = 50; left > 0; left--) {
  const records = await app.inspector.read('rejecting.errors', 0, 0, 10)
  if (records.length > 0) left = 0
  for (const record of records) console.log(JSON.stringify(record.data))
  await new Promise((resolve) => setTimeout(resolve, 50))
}
await app.stop()
