/**
 * Makes the files of this example: `node examples/contact-campaign/generate.ts`. The same files every time; a test compares them with what is here.
 *
 * Of the contacts, about one in eight is for the notice, which needs no white list; some accounts nobody knows; some may not be mailed; some were opened
 * after the reference data was made. And some lines are bad, each in its own way.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const contacts = 3_000
const accounts = 800
const newAccounts = 80

/** The generator of the Numerical Recipes: enough for an example, and the same everywhere. */
let state = 20
function below(bound: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * bound)
}

const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)]!

const firstNames = [
  'Ada',
  'Barbara',
  'Chen',
  'Dorothy',
  'Edsger',
  'Frances',
  'Grace',
  'Hedy',
  'Ivan',
  'Jürgen',
  'Katherine',
  'Leslie',
  'Margaret',
  'Niklaus',
]
const lastNames = [
  'Allen',
  'Dijkstra',
  'Goldberg',
  'Hamilton',
  'Hopper',
  'Johnson',
  'Lamarr',
  'Lamport',
  'Liskov',
  'Lovelace',
  'Møller',
  'Wirth',
  'Zhang',
]
const campaigns = [
  'spring-sale',
  'spring-sale',
  'spring-sale',
  'autumn-sale',
  'autumn-sale',
  'newsletter',
  'newsletter',
  'terms-update',
]
const languages = ['en', 'de', 'fr', 'nl']

const accountId = (number: number): string => `a-${String(number).padStart(4, '0')}`
const emailOf = (number: number): string => `customer.${number}@example.com`
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index)

/** Bad lines, by the line on which they stand. */
const bad: Readonly<Record<number, () => string | Uint8Array>> = {
  101: () => 'accountId,campaign,firstName,lastName',
  404: () => '{"accountId":"a-0012","campaign":"spring-sale","firstName":"Ada"',
  777: () => JSON.stringify({ accountId: 12, campaign: 'spring-sale', firstName: 'Ada', lastName: 'Lovelace' }),
  1_024: () => JSON.stringify({ accountId: accountId(7), campaign: null, firstName: 'Ivan', lastName: 'Wirth' }),
  1_313: () =>
    Buffer.from(
      '{"accountId":"a-0033","campaign":"newsletter","firstName":"J\xfcrgen","lastName":"M\xf8ller"}',
      'latin1',
    ),
  1_618: () =>
    JSON.stringify({
      accountId: accountId(9),
      campaign: 'newsletter',
      firstName: 'x'.repeat(70_000),
      lastName: 'Allen',
    }),
  2_222: () => '["a-0001","spring-sale"]',
  2_718: () => `{"accountId":"${accountId(21)}","campaign":"autumn-sale","firstName":"Hedy" "lastName":"Lamarr"}`,
}

function contact(): string {
  // One in thirty is an account that nobody knows.
  const account = below(30) === 0 ? accountId(5_000 + below(200)) : accountId(1 + below(accounts + newAccounts))
  const facts = {
    accountId: account,
    campaign: pick(campaigns),
    firstName: pick(firstNames),
    lastName: pick(lastNames),
  }
  return JSON.stringify(below(4) === 0 ? facts : { ...facts, language: pick(languages) })
}

/** The files by name. */
export function generate(): Readonly<Record<string, Uint8Array>> {
  state = 20
  const reference = (numbers: readonly number[]): string =>
    numbers.map((number) => `${JSON.stringify({ accountId: accountId(number), email: emailOf(number) })}\n`).join('')
  const lines = range(1, contacts).map((line) =>
    Buffer.concat([Buffer.from(bad[line]?.() ?? contact()), Buffer.from('\n')]),
  )
  const allowed = range(1, accounts + newAccounts).filter(() => below(10) > 0)
  return {
    'contacts.ndjson': Buffer.concat(lines),
    'accounts.ndjson': Buffer.from(reference(range(1, accounts))),
    'new-accounts.ndjson': Buffer.from(reference(range(accounts + 1, newAccounts))),
    'white-list.txt': Buffer.from(allowed.map((number) => `${accountId(number)}\n`).join('')),
  }
}

if (import.meta.main)
  for (const [name, content] of Object.entries(generate())) writeFileSync(join(import.meta.dirname, name), content)
