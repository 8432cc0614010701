import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type } from 'arktype'
import * as v from 'valibot'
import * as z from 'zod'
import type { StandardSchema } from './standard.ts'
import { validate } from './validate.ts'

const zodContact = z.object({
  accountId: z.string(),
  emails: z.array(z.email()).optional(),
  age: z.number().max(150).optional(),
})
const secret = 'Jane.Doe-4711'

function issuesOf(schema: StandardSchema, data: unknown): readonly string[] {
  const result = validate(schema, data, 'contacts')
  assert.ok(!(result instanceof Promise))
  return result.issues ?? []
}

const failing = (...issues: { readonly message: string; readonly path?: PropertyKey[] }[]) =>
  ({
    '~standard': { version: 1, vendor: 'own', validate: () => ({ issues }) },
  }) satisfies StandardSchema

const echoing = (path: PropertyKey[]) =>
  ({
    '~standard': {
      version: 1,
      vendor: 'own',
      validate: (data) => ({ issues: [{ message: `${JSON.stringify(data)} is not known`, path }] }),
    },
  }) satisfies StandardSchema

test('answers at once what the schema gives, for a validator that answers at once', () => {
  const trimmed = z.object({ name: z.string().trim() })
  assert.deepEqual(validate(trimmed, { name: ' a ' }, 'contacts'), { value: { name: 'a' } })
})

test('waits for a validator that answers with a promise', async () => {
  const known = z.object({ id: z.string().refine(async (id) => id !== 'unknown') })
  const result = validate(known, { id: 'unknown' }, 'contacts')
  assert.ok(result instanceof Promise)
  assert.equal((await result).issues?.length, 1)
})

test('a fault names the path and the type found, with every validator', () => {
  const data = { accountId: 5 }
  const told = ['contacts.accountId: expected string, found number']
  assert.deepEqual(issuesOf(zodContact, data), told)
  assert.deepEqual(issuesOf(v.object({ accountId: v.string() }), data), told)
  assert.deepEqual(issuesOf(type({ accountId: 'string' }), data), [
    'contacts.accountId: expected a string, found number',
  ])
})

test('paths lead through arrays and missing fields', () => {
  assert.deepEqual(issuesOf(zodContact, { emails: [7] }), [
    'contacts.accountId: expected string, found nothing',
    'contacts.emails[0]: expected string, found number',
  ])
  assert.deepEqual(issuesOf(zodContact, null), ['contacts: expected object, found null'])
})

test('a rule beyond the type is told in the words of the validator', () => {
  assert.deepEqual(issuesOf(zodContact, { accountId: 'a', age: 200 }), [
    'contacts.age: Too big: expected number to be <=150, found number',
  ])
})

test('no fault repeats a value of the payload, whatever the validator says', () => {
  const schemas: readonly StandardSchema[] = [
    z.object({ accountId: z.email() }),
    z.strictObject({ other: z.string().optional() }),
    z.object({ accountId: z.string().refine(() => false, { error: (issue) => `no ${String(issue.input)}` }) }),
    v.object({ accountId: v.pipe(v.string(), v.email()) }),
    v.object({ accountId: v.boolean() }),
    v.strictObject({}),
    type({ accountId: 'string.email' }),
    type({ accountId: "'a' | 'b'" }),
    echoing(['accountId']),
    echoing([]),
    echoing(['elsewhere']),
  ]
  for (const schema of schemas)
    for (const data of [{ accountId: secret }, { accountId: 4711123 }, { accountId: { [secret]: 1 } }]) {
      const text = issuesOf(schema, data).join('\n')
      assert.doesNotMatch(text, /Jane|4711/)
      assert.match(text, /^contacts/)
    }
})

test('a fault is one line of bounded length, and many faults are counted', () => {
  const noisy = failing(
    ...Array.from({ length: 50 }, () => ({ message: 'a\n\tb\u2028'.repeat(1000), path: ['x'.repeat(5000)] })),
  )
  const issues = issuesOf(noisy, {})
  assert.equal(issues.length, 11)
  assert.equal(issues.at(-1), 'contacts: and 40 more')
  for (const issue of issues) {
    assert.ok(issue.length < 500)
    assert.doesNotMatch(issue, /[\n\t\u2028]/)
  }
})

test('values that are not of JSON are named by their class', () => {
  assert.deepEqual(issuesOf(zodContact, { accountId: new Date(0) }), [
    'contacts.accountId: expected string, found Date',
  ])
})
