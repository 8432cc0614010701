/** A shop to look at: two lines, a switch, a stop that fails for some, and whatever strangers have written into its data. */
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { deadLetter, drop, entry, line, mapMaker, metrobus, stop, switchStop, topic } from '../../src/index.ts'

const Order = z.object({ customer: z.string(), item: z.string(), amount: z.number(), note: z.string().optional() })
const Priced = z.object({ ...Order.shape, price: z.number() })
const policy = { attempts: 3, backoff: 20, deadline: 1_000 } as const

const sold = topic('sold', { schema: Priced, key: ({ customer }) => customer })

const price = stop('price', { in: Order, out: Priced, effects: 'none' }, (order) =>
  order.amount > 0 ? { ...order, price: order.amount * 3 } : drop('nothing-ordered'),
)
const charge = stop('charge', { in: Priced, out: Priced, policy }, async (order) => {
  await sleep(1)
  if (order.item === 'forbidden') return deadLetter('not-for-sale', `nobody may buy ${order.item}`)
  if (order.item === 'flaky') throw new Error(`The bank is not there: ${order.note ?? 'no reason'}`)
  return order
})
const write = stop('write-card', { in: Priced, out: Priced, effects: 'none' }, (order) =>
  order.note === 'illegible' ? deadLetter('illegible') : { ...order, note: `card: ${order.note}` },
)
const ship = stop('ship', { in: Priced, emits: [sold] }, (order, { emit }) => emit(sold, order))
const wrap = switchStop(
  'wrap',
  { in: Priced, lines: { gift: line('gift').via(write).to(ship) }, effects: 'none' },
  (order) => (order.item === 'gift' ? 'gift' : order),
)
const orders = entry('orders', {
  in: Order,
  key: ({ customer }) => customer,
  route: mapMaker('by-amount', {
    lines: {
      parcel: line('parcel').via(price).via(charge).via(wrap).to(ship),
      letter: line('letter').via(price).to(ship),
    },
    choose: ({ amount }) => (amount < 5 ? 'letter' : 'parcel'),
  }),
})

/** Nothing runs yet. */
export const shop = () => metrobus('shop', { entries: [orders], publishes: [sold] })

/** An order that follows from its number. */
export const orderOf = (number: number) => ({
  customer: `c-${number % 50}`,
  item: number % 40 === 7 ? 'flaky' : number % 60 === 11 ? 'forbidden' : number % 5 === 0 ? 'gift' : 'tea',
  amount: number % 9,
})

/** What must be shown as it is, and do nothing. */
export const hostile = '<script>window.hacked=1</script><img src=x onerror="window.hacked=2">\u202Etxt.exe\u2066'
