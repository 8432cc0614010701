/** Thanks for every confirmed order. The shop does not know of it. */
import { entry, metrobus, stop } from '../../src/index.ts'
import type { App } from '../../src/index.ts'
import { orderConfirmed } from './shop.ts'

export const mail = (): App => {
  const thank = stop('thank', { in: orderConfirmed.schema }, ({ orderId, customer }) => {
    console.log(`mail: thank you, ${customer}, for ${orderId}`)
  })
  return metrobus('mail', { entries: [entry('confirmed', { from: orderConfirmed, start: 'beginning', route: thank })] })
}
