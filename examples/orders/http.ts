/**
 * The way in and the view, over HTTP:
 *
 *     POST /orders                        { customer, email, card, items }, with an Idempotency-Key: the id of the order
 *     GET  /orders/:id                    what has become of it
 *     GET  /orders/:id?wait=confirmed     the same, once it has come so far; ?timeout=10 seconds at most
 *
 * 202 says that the order is on the disk and not more: nobody has looked at the stock yet.
 */
import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { Hono } from 'hono'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { isMetrobusError } from '../../src/index.ts'
import type { Data, RunningOf } from '../../src/index.ts'
import { Checkout } from './events.ts'
import { checkouts } from './services/basket.ts'
import type { basket } from './services/basket.ts'
import type { Order } from './services/order-facts.ts'
import { views } from './services/order.ts'
import type { order } from './services/order.ts'

/** The services that answer, and the other processes in which they run: whoever has the partition of a key answers for it. */
export interface Shop {
  readonly basket: RunningOf<ReturnType<typeof basket>>
  readonly order: RunningOf<ReturnType<typeof order>>
  readonly peers?: readonly Peer[]
}

/** Puts a GET to another process of the shop, as `(path) => fetch(`http://other:8080${path}`)`. */
export type Peer = (path: string) => Promise<Response>

const bodyBytesMax = 64 * 1024
const waitSecondsMax = 30

/** How far an order has come. One that has ended otherwise has come as far as it ever will. */
const stages: readonly Order['status'][] = ['validated', 'confirmed', 'shipped', 'delivered']

export function shopHttp({ basket, order, peers = [] }: Shop): Hono {
  const routes = new Hono()
  routes.onError((error, c) => refusal(c, error))
  routes.notFound((c) => says(c, 404, 'there is nothing here: POST /orders, or GET /orders/:id'))

  const limit = bodyLimit({
    maxSize: bodyBytesMax,
    onError: (c) => says(c, 413, `a body has ${bodyBytesMax} bytes at most`),
  })
  routes.post('/orders', limit, async (c) => {
    const orderId = c.req.header('idempotency-key') ?? randomUUID()
    const body: unknown = await c.req.json().catch(() => undefined)
    if (typeof body !== 'object' || body === null) return says(c, 400, 'the body must be a JSON object')
    // The entry validates, too, but what it says names no values and no keys: it may go to logs. The sender may be told more.
    const { success, data: checkout, error } = Checkout.safeParse({ ...body, orderId })
    if (!success) return says(c, 422, error.issues.map(inWords).join('; '))
    await basket.send('checkouts', checkout, { id: orderId })
    // Reads its own write: whoever asks from now on finds the order, and what came before under this key is known.
    const first = await byOwner(`checkouts/${orderId}?after=${orderId}`, () => checkoutOf(orderId, orderId))
    if (!isDeepStrictEqual(checkout, first)) return says(c, 422, `the key ${orderId} came before with another order`)
    c.header('location', `/orders/${orderId}`)
    return c.json({ orderId }, 202)
  })

  routes.get('/orders/:id', async (c) => {
    const id = c.req.param('id')
    const stage = stages.indexOf((c.req.query('wait') ?? 'validated') as Order['status'])
    const seconds = Number(c.req.query('timeout') ?? 10)
    if (stage < 0) return says(c, 400, `wait must be one of ${stages.join(', ')}`)
    if (!(seconds >= 0 && seconds <= waitSecondsMax))
      return says(c, 400, `timeout must be 0 to ${waitSecondsMax} seconds`)
    if ((await byOwner(`checkouts/${encodeURIComponent(id)}`, () => checkoutOf(id))) === undefined)
      return says(c, 404, `there is no order ${id}`)

    const patience = c.req.query('wait') === undefined ? undefined : seconds
    const seen = await byOwner(`orders/${encodeURIComponent(id)}?stage=${stage}&patience=${patience ?? ''}`, () =>
      viewOf(id, stage, patience),
    )
    return c.json(seen ?? { orderId: id, status: 'requested' }, hasCome(seen, stage) ? 200 : 202)
  })

  // What this process has itself, for its peers.
  routes.get('/owned/checkouts/:id', async (c) =>
    c.json((await checkoutOf(c.req.param('id'), c.req.query('after'))) ?? null),
  )
  routes.get('/owned/orders/:id', async (c) => {
    const { stage, patience } = c.req.query()
    return c.json((await viewOf(c.req.param('id'), Number(stage), patience ? Number(patience) : undefined)) ?? null)
  })

  function checkoutOf(id: string, after?: string): Promise<Data<typeof Checkout> | undefined> {
    return basket.store(checkouts).get(id, after === undefined ? {} : { after })
  }

  /** With patience, in seconds, the view once the order has come to its stage, or as it is when the time is over. */
  function viewOf(id: string, stage: number, patience: number | undefined): Promise<View | undefined> {
    const until = (seen: View | undefined): boolean => hasCome(seen, stage)
    return order.store(views).get(id, patience === undefined ? {} : { until, timeout: { seconds: patience } })
  }

  /** What is read here, or by the process that has the key. */
  async function byOwner<Row>(path: string, read: () => Promise<Row | undefined>): Promise<Row | undefined> {
    try {
      return await read()
    } catch (error) {
      if (!isMetrobusError(error, 'MB_STORE_ELSEWHERE')) throw error
      for (const ask of peers) {
        const answer = await ask(`/owned/${path}`)
        if (answer.ok) return ((await answer.json()) as Row | null) ?? undefined
      }
      throw error
    }
  }
  return routes
}

type View = Data<typeof Order>

function hasCome(seen: View | undefined, stage: number): boolean {
  return seen !== undefined && (stages.indexOf(seen.status) >= stage || !stages.includes(seen.status))
}

const inWords = ({ path, message }: { readonly path: readonly PropertyKey[]; readonly message: string }): string =>
  [...path.map(String), message].join(': ')

function refusal(c: Context, error: unknown): Response {
  if (isMetrobusError(error) && error.family === 'refuse') return says(c, 503, error.message)
  console.error(error)
  return says(c, 500, 'this failed, and nobody knows how far it came: send it again with its key')
}

const says = (c: Context, status: ContentfulStatusCode, error: string): Response => c.json({ error }, status)
