/** What the page about testing says that a failure looks like is what it looks like. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { contactCampaign } from '../../examples/contact-campaign/app.ts'
import { chargeAt, payments } from '../../examples/test-your-lines/payments.ts'
import { drop } from '../../src/index.ts'
import { given, simulate } from '../../src/testing/index.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/how-to/test-your-lines.md'), 'utf8')
const shown = [...page.matchAll(/^```text\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text.trimEnd())

test('a scenario that fails, and a finding', async () => {
  const contact = { accountId: 'a-2', campaign: 'spring-sale', firstName: 'Ada', lastName: 'Lovelace' }
  const needs = {
    emails: new Map([['a-2', 'grace@example.com']]),
    allowed: new Set<string>(),
    archive: { put: async () => {} },
  }
  const scenario = given(contactCampaign(needs)).when('contacts', contact).thenAnswers(drop('no-email'))

  const fakes = () => {
    const charges = new Map<string, number>()
    const charge = async (_: string, cents: number, key: string) => (charges.set(key, cents), `receipt-${key}`)
    return { charges, bank: { charge }, warehouse: { ship: async () => {} } }
  }
  const simulation = simulate(
    (needs) =>
      payments(
        needs,
        chargeAt(needs.bank, () => randomUUID()),
      ),
    {
      fakes,
      events: { orders: [{ orderId: 'o-1', card: 'visa-1', cents: 1_200 }] },
      observe: ({ charges }) => charges.size,
    },
  )

  const told: string[] = []
  for (const failing of [scenario, simulation] as readonly PromiseLike<unknown>[])
    await assert.rejects(
      async () => void (await failing),
      ({ message }: Error) => told.push(message) > 0,
    )
  assert.equal(shown.length, 2)
  assert.deepEqual(
    shown,
    told.map((message, index) => message.slice(0, shown[index]!.length)),
  )
})
