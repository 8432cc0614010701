/** What the services need of the world outside. In production these are clients; here all but the payment provider are stand-ins in memory. */
import { PaymentClient } from './payment-client.ts'
import type { Mail, Mailer } from './services/email.ts'
import type { Goods } from './services/order.ts'
import type { PaymentProvider } from './services/payment.ts'
import type { Carrier } from './services/shipping.ts'

export interface Needs {
  readonly goods: Goods
  readonly provider: PaymentProvider
  readonly carrier: Carrier
  readonly mailer: Mailer
  /** Begins the links in mails. */
  readonly shopUrl: string
}

export const goods: Goods = {
  tea: { stock: 1_000_000, cents: 450 },
  cup: { stock: 1_000_000, cents: 900 },
  vase: { stock: 1_000_000, cents: 4_900 },
  clock: { stock: 2, cents: 12_000 },
}

/** Carries parcels in no time. A vase comes back in pieces. */
export class StandInCarrier implements Carrier {
  /** By key. */
  readonly parcels = new Map<string, string>()

  async handOver(items: readonly { readonly product: string }[], idempotencyKey: string): Promise<string> {
    const parcel = `${items.some(({ product }) => product === 'vase') ? 'fragile' : 'parcel'}-${idempotencyKey}`
    this.parcels.set(idempotencyKey, parcel)
    return parcel
  }

  async whereIs(parcel: string): Promise<'delivered' | 'came back'> {
    return parcel.startsWith('fragile') ? 'came back' : 'delivered'
  }
}

/** Keeps mails instead of sending them. */
export class StandInMailer implements Mailer {
  /** By key. */
  readonly mails = new Map<string, Mail>()

  async send(mail: Mail, idempotencyKey: string): Promise<void> {
    this.mails.set(idempotencyKey, mail)
  }
}

export const { PAYMENT_URL: paymentUrl = 'http://127.0.0.1:4010', SHOP_URL: shopUrl = 'http://127.0.0.1:8080' } =
  process.env

export const realNeeds = (): Needs => ({
  goods,
  provider: new PaymentClient(paymentUrl),
  carrier: new StandInCarrier(),
  mailer: new StandInMailer(),
  shopUrl,
})
