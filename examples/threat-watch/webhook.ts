/** Alerts over HTTP, to an address that whoever runs this has chosen: `POST` with an `idempotency-key`, so that one that comes twice is one. */
import type { Alert } from './watch/judged.ts'
import type { Alarm } from './watch/watch.ts'

export class Webhook implements Alarm {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async raise(alert: Alert, { idempotencyKey, signal }: Parameters<Alarm['raise']>[1]): Promise<void> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey }
    const response = await fetch(this.#url, { method: 'POST', headers, body: JSON.stringify(alert), signal })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`the webhook answered ${response.status}`)
  }
}
