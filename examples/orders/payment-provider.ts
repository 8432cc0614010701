/**
 * Stands for the payment provider, a service of somebody else: charges a card once for each key, and answers a key that comes again as it did the first time. It can be
 * told to misbehave, in code or by `PUT /behaviour`:
 *
 *     node examples/orders/payment-provider.ts 4010
 *     curl -X PUT 127.0.0.1:4010/behaviour -d '{ "isDown": true }'
 */
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { Hono } from 'hono'
import { listen } from './listen.ts'
import type { Listening } from './listen.ts'

export interface Behaviour {
  /** Answers 503, and does nothing. */
  isDown: boolean
  /** Takes so long for each answer, in milliseconds. */
  delay: number
  /** Share of the requests that are done but not answered: whoever asks again is answered twice for one charge. */
  forgetful: number
}

interface Done {
  readonly status: 200 | 402
  readonly answer: object
  /** What was moved: to the shop, or back. */
  readonly cents: number
}

export class PaymentProviderStandIn implements AsyncDisposable {
  readonly behaviour: Behaviour = { isDown: false, delay: 0, forgetful: 0 }
  /** By idempotency key. */
  readonly done = new Map<string, Done>()
  /** How often it was asked. */
  requests = 0
  #listening: Listening | undefined

  /** Listens at a port of this machine; 0 takes a free one. */
  static async start(port = 0): Promise<PaymentProviderStandIn> {
    const started = new PaymentProviderStandIn()
    started.#listening = await listen(started.#routes(), port)
    return started
  }

  get url(): string {
    return this.#listening!.url
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening?.[Symbol.asyncDispose]()
  }

  #routes(): Hono {
    const routes = new Hono()
    routes.put('/behaviour', async (c) => {
      Object.assign(this.behaviour, await c.req.json())
      return c.json(this.behaviour)
    })
    routes.use(async (c, next) => {
      this.requests++
      const { isDown, delay } = this.behaviour
      if (delay > 0) await setTimeout(delay)
      if (isDown) return c.text('down', 503)
      await next()
      // The answer gets lost on its way.
      if (Math.random() < this.behaviour.forgetful) throw new Error('connection lost')
      return undefined
    })
    routes.onError((_error, c) => c.text('the answer is lost', 502))
    routes.post('/charges', async (c) => {
      const { card, cents } = await c.req.json<{ card: string; cents: number }>()
      const { status, answer } = this.#once(c.req.header('idempotency-key'), () =>
        card.startsWith('declined')
          ? { status: 402, answer: { reason: 'declined' }, cents: 0 }
          : { status: 200, answer: { receipt: randomUUID() }, cents },
      )
      return c.json(answer, status)
    })
    routes.post('/refunds', async (c) => {
      const { receipt } = await c.req.json<{ receipt: string }>()
      const charge = [...this.done.values()].find((one) => 'receipt' in one.answer && one.answer.receipt === receipt)
      if (charge === undefined) return c.text('no such receipt', 404)
      const { status, answer } = this.#once(c.req.header('idempotency-key'), () => ({
        status: 200,
        answer: {},
        cents: -charge.cents,
      }))
      return c.json(answer, status)
    })
    return routes
  }

  #once(key: string | undefined, run: () => Done): Done {
    if (key === undefined) return { status: 402, answer: { reason: 'an idempotency-key is needed' }, cents: 0 }
    const done = this.done.get(key) ?? run()
    this.done.set(key, done)
    return done
  }
}

if (import.meta.main) {
  const { url } = await PaymentProviderStandIn.start(Number(process.argv[2] ?? 4010))
  console.log(`the payment provider listens at ${url}`)
}
