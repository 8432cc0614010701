/** The payment provider over HTTP. What it does not answer is an error, and the stop tries again with the same key. */
import type { PaymentProvider, ProviderCall } from './services/payment.ts'

export class PaymentClient implements PaymentProvider {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async charge(card: string, cents: number, call: ProviderCall): Promise<string | undefined> {
    const response = await this.#post('/charges', { card, cents }, call)
    if (response.status === 402) return undefined
    const { receipt } = (await this.#answerOf(response)) as { readonly receipt: string }
    return receipt
  }

  async refund(receipt: string, call: ProviderCall): Promise<void> {
    await this.#answerOf(await this.#post('/refunds', { receipt }, call))
  }

  #post(path: string, body: object, { idempotencyKey, signal }: ProviderCall): Promise<Response> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey }
    return fetch(`${this.#url}${path}`, { method: 'POST', headers, body: JSON.stringify(body), signal })
  }

  async #answerOf(response: Response): Promise<unknown> {
    if (!response.ok) throw new Error(`the payment provider answered ${response.status}: ${await response.text()}`)
    return response.json()
  }
}
