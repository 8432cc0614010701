/** Whoever is told of alerts: takes each once, by its idempotency key. */
import { Hono } from 'hono'
import { listen } from '../../orders/listen.ts'
import type { Alert } from '../watch/judged.ts'

export interface Receiver extends AsyncDisposable {
  readonly url: string
  /** By idempotency key, in the order in which they came. */
  readonly alerts: ReadonlyMap<string, Alert>
}

/** Resolves when it listens, at a free port. */
export async function startReceiver(): Promise<Receiver> {
  const alerts = new Map<string, Alert>()
  const routes = new Hono()
  routes.post('/alerts', async (c) => {
    const key = c.req.header('idempotency-key')
    if (key === undefined) return c.text('an idempotency-key is needed', 400)
    alerts.set(key, alerts.get(key) ?? (await c.req.json<Alert>()))
    return c.body(null, 204)
  })
  const listening = await listen(routes, 0)
  return { alerts, url: `${listening.url}/alerts`, [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose]() }
}
