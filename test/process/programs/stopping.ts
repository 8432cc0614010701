/** Stops on signals, while a handler runs that takes so many milliseconds as the first argument says. Prints `running` when it does, and `drained` with what was handled. */
import * as z from 'zod'
import { entry, line, memory, metrobus, stop } from '../../../src/index.ts'

const [takes = '', drain = ''] = process.argv.slice(2)
const Item = z.object({ n: z.number() })
let handled = 0
const slow = stop('slow', { in: Item }, async () => {
  console.log('running')
  await new Promise((resolve) => setTimeout(resolve, Number(takes)))
  handled++
})
const items = entry('items', { in: Item, route: line('main').to(slow) })
const app = await metrobus('stopping', { entries: [items] }).start({
  bus: memory(),
  socket: false,
  signals: true,
  drain: Number(drain),
})
await app.send('items', { n: 1 })
const { drained } = await app.stopped.then(() => app.stop())
console.log(JSON.stringify({ drained, handled }))
