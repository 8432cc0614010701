/** Two apps that make a system: what the shop sells, the mail thanks for. With a load of two kinds, of which one is given up by the mail. */
import * as z from 'zod'
import { deadLetter, entry, metrobus, stop, topic } from '../../../src/index.ts'
import type { App } from '../../../src/index.ts'
import type { Load } from '../../../src/testing/index.ts'

const Order = z.object({ id: z.string(), email: z.string() })
const sold = topic('sold', { schema: Order, key: ({ id }) => id })

const shop = (): App => {
  const sell = stop('sell', { in: Order, effects: 'none', emits: [sold] }, (order, { emit }) => emit(sold, order))
  return metrobus('shop', {
    entries: [entry('orders', { in: Order, key: ({ id }) => id, route: sell })],
    publishes: [sold],
  })
}

const mail = (): App => {
  const thank = stop('thank', { in: Order }, ({ email }) => (email === '' ? deadLetter('no-email') : undefined))
  return metrobus('mail', { entries: [entry('orders', { from: sold, start: 'beginning', route: thank })] })
}

export default (): readonly App[] => [shop(), mail()]

export const load: Load = {
  mix: {
    known: { weight: 3, entry: 'orders', data: (index) => ({ id: `o-${index}`, email: 'ada@example.com' }) },
    unknown: { entry: 'orders', data: (index) => ({ id: `o-${index}`, email: '' }) },
    wrong: { weight: 0, entry: 'orders', data: () => ({}) },
  },
  before: async () => {
    console.error('before')
    return { [Symbol.asyncDispose]: async () => console.error('after') }
  },
}
