/**
 * The whole system against crashes, redeliveries, delays, overlaps, take-overs and restarts: `node examples/orders/simulate.ts 1000`. For each seed what customers, the
 * provider and the carrier have seen in the end must be what they see when nothing goes wrong.
 */
import { simulate } from '../../src/testing/index.ts'
import { orderSystem } from './app.ts'
import { StandInCarrier, StandInMailer, goods } from './needs.ts'
import type { ProviderCall } from './services/payment.ts'

/** Charges in memory, each key once. */
class FakeProvider {
  readonly charges = new Map<string, number>()
  readonly refunds = new Map<string, string>()

  async charge(card: string, cents: number, { idempotencyKey }: ProviderCall): Promise<string | undefined> {
    if (card.startsWith('declined')) return undefined
    this.charges.set(idempotencyKey, cents)
    return `receipt-${idempotencyKey}`
  }

  async refund(receipt: string, { idempotencyKey }: ProviderCall): Promise<void> {
    this.refunds.set(idempotencyKey, receipt)
  }
}

const fakes = () => ({
  goods,
  provider: new FakeProvider(),
  carrier: new StandInCarrier(),
  mailer: new StandInMailer(),
  shopUrl: 'https://shop.example',
})

const checkout = (orderId: string, product: string, quantity = 1, card = 'visa-1') => ({
  orderId,
  customer: 'ada',
  email: 'ada@example.com',
  card,
  items: [{ product, quantity }],
})

/** Orders that arrive, and one for each way to fail. None takes what another one gives back: that depends on who is faster, and simulate says so. */
const checkouts = [
  checkout('o-1', 'tea'),
  checkout('o-2', 'unicorn'),
  checkout('o-3', 'cup', 2, 'declined-1'),
  checkout('o-4', 'vase'),
  checkout('o-5', 'clock', 2),
]

const inWords = (untouched: readonly string[]): string =>
  untouched.length === 0 ? 'in every stop' : `none in ${untouched.join(', ')}`

const report = await simulate((needs: ReturnType<typeof fakes>) => Object.values(orderSystem(needs)), {
  fakes,
  events: { checkouts },
  observe: ({ provider, carrier, mailer }) => [provider, carrier.parcels, mailer.mails],
  seeds: Number(process.argv[2] ?? 20),
})
const faults = Object.values(report.faults).reduce((sum, count) => sum + count, 0)
console.log(`${report.seeds} seeds, ${faults} faults, ${inWords(report.untouched)}: nothing was found`)
