/** Stores under the test kit. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { entry, metrobus, stop, store } from '../../src/index.ts'
import { given, numberOfTimes, simulate } from '../../src/testing/index.ts'

const Deposit = z.object({ account: z.string(), amount: z.int() })
const balances = store('balances', z.int())

interface Fakes {
  readonly told: string[]
  tell(words: string): void
}

const fakes = (): Fakes => {
  const told: string[] = []
  return { told, tell: (words) => void told.push(words) }
}

/** Counts in its store, and tells what it has counted when everything is there. */
const bank = ({ tell }: Pick<Fakes, 'tell'>) => {
  const book = stop('book', { in: Deposit, stores: { balances } }, ({ account, amount }, { stores: { balances } }) => {
    const balance = (balances.get(account) ?? 0) + amount
    balances.put(account, balance)
    balances.put(`${account}/last`, amount)
    const rows = balances.range().map(({ key, value }) => `${key} ${value}`)
    if (balance === 6) tell(rows.join(', '))
    balances.delete(`${account}/last`)
    assert.deepEqual(balances.range({ limit: 1 }), [{ key: account, value: balance }])
  })
  return metrobus('bank', { entries: [entry('deposits', { in: Deposit, key: ({ account }) => account, route: book })] })
}

test('what a try has changed in a store is lost with its outcome, and seen by the try itself', async () => {
  const needs = fakes()

  const { deadLetters } = await given(bank(needs))
    .when('deposits', { account: 'a', amount: 1 }, numberOfTimes(3))
    .when('deposits', { account: 'a', amount: 2 }, numberOfTimes(2))
    .when('deposits', { account: 'a', amount: 3 })

  assert.deepEqual(deadLetters, [])
  assert.deepEqual(needs.told, ['a 6, a/last 3'])
})

test('a count in a store stands crashes, redeliveries and restarts', async () => {
  const deposits = [1, 2, 3].map((amount) => ({ account: 'a', amount }))

  await simulate(bank, {
    fakes,
    events: { deposits },
    observe: ({ told }) => [...new Set(told)],
  })
})

test('a store holds what a test puts into it, and the test is told what it keeps', async () => {
  const needs = fakes()

  await given(bank(needs))
    .having(balances, { a: 4, b: 10 })
    .when('deposits', { account: 'a', amount: 2 })
    .thenKeeps(balances, { a: 6, b: 10 })

  assert.deepEqual(needs.told, ['a 6, a/last 2'])
})

test('one stop alone has its stores, too, and nothing of the filling is in the story', async () => {
  const names = store('names', z.array(z.string()))
  const note = stop('note', { in: z.string(), stores: { names } }, (name, { event, stores: { names } }) => {
    if (event.key === 'a') names.put('a/names', [...(names.get('a/names') ?? []), name])
  })

  const { rides, deadLetters } = await given(note)
    .having(names, { 'a/names': ['Ada'], 'g/names': ['Grace'] })
    .when('Alan', { key: 'a' })
    .thenKeeps(names, { 'a/names': ['Ada', 'Alan'], 'g/names': ['Grace'] })

  assert.deepEqual([rides.length, deadLetters], [1, []])
})

test('what a store keeps and should not is told with the story', async () => {
  await assert.rejects(
    async () =>
      void (await given(bank(fakes())).when('deposits', { account: 'a', amount: 2 }).thenKeeps(balances, { a: 3 })),
    {
      name: 'AssertionError',
      message: /^"balances" should keep: \{"a":3\}\n {10}and keeps: \{"a":2\}\n\nwhat happened:\n.*event-1 {2}book/,
    },
  )
})

test('a store cannot be filled when the app runs already, and the test says so', async () => {
  const scenario = given(bank(fakes()))
  await scenario.when('deposits', { account: 'a', amount: 2 })

  assert.throws(() => scenario.having(balances, { a: 3 }), /^AssertionError.*"balances" is filled too late/s)
})
