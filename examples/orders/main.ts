/**
 * The shop in one process: `npm run orders` buys a few things and ends, `npm run orders -- --serve` stays open at http://127.0.0.1:8080. The payment provider, a service
 * of somebody else, runs beside it.
 */
import { parseArgs } from 'node:util'
import { embedded, startAll } from '../../src/index.ts'
import { orderSystem } from './app.ts'
import { shopHttp } from './http.ts'
import { listen } from './listen.ts'
import { StandInCarrier, StandInMailer, goods } from './needs.ts'
import { PaymentClient } from './payment-client.ts'
import { PaymentProviderStandIn } from './payment-provider.ts'

const { values } = parseArgs({ options: { serve: { type: 'boolean', default: false } } })

await using provider = await PaymentProviderStandIn.start(values.serve ? 4010 : 0)
const mailer = new StandInMailer()
const needs = {
  goods,
  provider: new PaymentClient(provider.url),
  carrier: new StandInCarrier(),
  mailer,
  shopUrl: 'http://127.0.0.1:8080',
}
const log = { info: () => {}, warn: () => {}, error: console.error }
await using system = await startAll(orderSystem(needs), {
  bus: embedded({ dir: './data' }),
  log,
  signals: values.serve,
})

await using shop = await listen(shopHttp(system.apps), values.serve ? 8080 : 0)
if (values.serve) {
  console.log(`the shop is open at ${shop.url}, and its payment provider at ${provider.url}`)
  await Promise.all(Object.values(system.apps).map(({ stopped }) => stopped))
} else await buy()

async function buy(): Promise<void> {
  console.log('-- one order that arrives, and one for each way to fail')
  await order('o-1', 'tea')
  await order('o-2', 'unicorn')
  await order('o-3', 'cup', 'declined-1')
  await order('o-4', 'vase')
  console.log(await look('o-1', '?wait=delivered'))
  await system.caughtUp()
  for (const id of ['o-2', 'o-3', 'o-4']) console.log(await look(id))

  console.log('-- the payment provider is down')
  provider.behaviour.isDown = true
  await order('o-5', 'cup')
  console.log(await look('o-5', '?wait=confirmed&timeout=1'))

  console.log('-- and up again')
  provider.behaviour.isDown = false
  console.log(await look('o-5', '?wait=delivered'))

  console.log('-- what was mailed, and what was paid')
  await system.caughtUp()
  for (const { text } of mailer.mails.values()) console.log(text)
  for (const { cents } of provider.done.values()) console.log(`${cents} cents`)
}

async function order(id: string, product: string, card = 'visa-1'): Promise<void> {
  const body = JSON.stringify({ customer: 'ada', email: 'ada@example.com', card, items: [{ product, quantity: 1 }] })
  const response = await fetch(`${shop.url}/orders`, { method: 'POST', headers: { 'idempotency-key': id }, body })
  console.log(`POST ${product}: ${response.status} ${await response.text()}`)
}

async function look(id: string, query = ''): Promise<string> {
  const response = await fetch(`${shop.url}/orders/${id}${query}`)
  const { status, reason } = (await response.json()) as { readonly status: string; readonly reason: string | null }
  return `GET ${id}: ${response.status} ${status}${reason === null ? '' : `, ${reason}`}`
}
