/** Events that were given up, and what whoever operates the app does with them; `metrobus dead` does the same from outside. */
import * as z from 'zod'
import { deadLetter, embedded, entry, metrobus, stop } from '../../src/index.ts'

const Order = z.object({ id: z.string(), amount: z.number() })

/** Stands for a service that others keep running. */
const bank = { isDown: true }

const pay = stop('pay', { in: Order, policy: { attempts: 3, backoff: 10 } }, ({ id, amount }) => {
  if (amount <= 0) return deadLetter('no-amount', 'nothing to pay')
  if (bank.isDown) throw new Error('the bank does not answer')
  console.log(`${id} paid ${amount}`)
  return undefined
})

const orders = entry('orders', { in: Order, key: ({ id }) => id, route: pay })

await using app = await metrobus('shop', { entries: [orders] }).start({
  bus: embedded({ dir: './data' }),
  log: { info: () => {}, warn: () => {}, error: console.error },
})
for (const [id, amount] of Object.entries({ 'o-1': 20, 'o-2': -5, 'o-3': 35, 'o-4': 0 }))
  await app.send('orders', { id, amount })
await app.caughtUp()

for (const { count, stop: where, cause, message } of await app.deadLetters.groups())
  console.log(`${count} at ${where}: ${cause}, ${message}`)

console.log('-- the bank answers again')
bank.isDown = false
console.log(`${await app.deadLetters.replay({ cause: 'Error' })} ride again`)
await app.caughtUp()

console.log('-- a mistake is corrected, and the rest is given up for good')
const [mistaken] = await app.deadLetters.list({ key: 'o-2' })
await app.deadLetters.replay({ place: mistaken!.place }, { data: { id: 'o-2', amount: 5 } })
await app.caughtUp()
console.log(`${await app.deadLetters.discard({ cause: 'no-amount' }, 'a test of the shop')} discarded`)
