import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { defaultPolicy } from '../resilience/retry-policy.ts'
import { stop } from './stop.ts'
import type { LinePlan } from './typed.ts'

const Contact = z.object({ accountId: z.string() })
const archive = stop('archive', { in: Contact }, () => {})

/** As plain JavaScript would call it. */
const loosely = stop as unknown as {
  (name: unknown, options: unknown, handler: unknown): unknown
  batch(name: unknown, options: unknown, handler: unknown): unknown
}

function faultsOf(make: () => unknown): readonly string[] {
  try {
    make()
  } catch (error) {
    const { code, facts } = error as { code: string; facts: { faults: readonly string[] } }
    assert.equal(code, 'MB_BAD_OPTIONS')
    return facts.faults
  }
  return []
}

test('a stop that declares nothing has outside effects, the default policy and a bounded concurrency', () => {
  const handler = () => {}
  const { declaredAt, ...made } = stop('archive', { in: Contact }, handler)
  assert.ok(declaredAt !== undefined)
  assert.deepEqual(made, {
    kind: 'stop',
    name: 'archive',
    inSchema: Contact,
    outSchema: undefined,
    schemaVersion: 1,
    hasEffects: true,
    policy: defaultPolicy,
    key: undefined,
    concurrency: 64,
    limits: [],
    middleware: [],
    next: undefined,
    targets: new Map(),
    emits: [],
    stores: {},
    batch: undefined,
    handler,
  })
})

test('a stop has what it declares', () => {
  const key = () => 'k'
  const middleware = [() => {}]
  const made = stop(
    'add',
    {
      in: Contact,
      out: Contact,
      effects: 'none',
      policy: { attempts: 1, deadline: { seconds: 2 } },
      key,
      concurrency: 2,
      limits: [{ limit: 3 }, { by: key, rate: 0.5 }],
      next: archive,
      schemaVersion: 4,
      middleware,
    },
    (contact) => contact,
  )
  assert.equal(made.hasEffects, false)
  assert.deepEqual([made.policy.attempts, made.policy.deadlineMs], [1, 2000])
  assert.deepEqual([made.key, made.concurrency, made.schemaVersion, made.middleware], [key, 2, 4, middleware])
  assert.deepEqual(made.limits, [
    { by: undefined, limit: 3 },
    { by: key, rate: 0.5 },
  ])
  assert.equal(made.next, archive)
})

test('a target is a line, or a stop that counts as a line of its own name', () => {
  const mail: LinePlan<'mail', { accountId: string }> = { kind: 'line', name: 'mail', version: '1', plan: [archive] }
  const { targets } = stop('turn', { in: Contact, targets: { mail, keep: archive } }, () => {})
  assert.deepEqual(targets.get('mail'), { line: 'mail', version: mail.version, stops: [archive] })
  assert.deepEqual([targets.get('keep')?.line, targets.get('keep')?.stops], ['archive', [archive]])
})

test('a batch has a size and a time', () => {
  const options = { in: Contact }
  assert.deepEqual(stop.batch('store', options, (all) => all.map(() => null)).batch, { sizeMax: 100, timeMs: 20 })
  assert.deepEqual(
    stop.batch('store', { ...options, size: 5, time: { seconds: 1 } }, (all) => all.map(() => null)).batch,
    { sizeMax: 5, timeMs: 1000 },
  )
})

test('a batch that is full has room in the concurrency', () => {
  const batchOf = (options: { readonly size?: number; readonly concurrency?: number }) => {
    const { batch, concurrency } = stop.batch('store', { in: Contact, ...options }, (all) => all.map(() => null))
    return [batch?.sizeMax, concurrency]
  }
  assert.deepEqual(batchOf({}), [100, 100])
  assert.deepEqual(batchOf({ size: 5 }), [5, 64])
  assert.deepEqual(batchOf({ concurrency: 10 }), [10, 10])
  assert.deepEqual(batchOf({ size: 500, concurrency: 1_000 }), [500, 1_000])
  assert.deepEqual(
    faultsOf(() => batchOf({ size: 500, concurrency: 64 })),
    ['size must not be above the concurrency of 64, found 500'],
  )
})

test('refuses names that would need escaping somewhere', () => {
  for (const name of ['', 'Archive', 'add email', '1st', 'a.b', 'a|b', '-a', 'ä', 'a'.repeat(101), undefined, 5])
    assert.throws(() => loosely(name, { in: Contact }, () => {}), { code: 'MB_BAD_NAME' })
  assert.doesNotThrow(() => loosely('a'.repeat(100), { in: Contact }, () => {}))
})

test('tells every fault of the options at once, each with its path', () => {
  const bad = {
    out: 'string',
    effects: 'some',
    policy: {
      attempts: 0,
      backoff: { first: -1, factor: 0.5, max: -2 },
      jitter: 2,
      deadline: 0,
      whenDeadLettered: 'stop',
    },
    key: 'accountId',
    concurrency: 1.5,
    limits: [{}, { limit: 1, rate: 1 }, { limit: 0 }, { rate: 0 }, { by: 'host', limit: 1 }],
    targets: { 'Bad Name': archive, gone: undefined },
    schemaVersion: 0,
    middleware: ['log'],
  }
  assert.deepEqual(
    faultsOf(() => loosely('bad', bad, undefined)),
    [
      'in must be a Standard Schema, such as one of zod, valibot or arktype, found undefined',
      'out must be a Standard Schema, such as one of zod, valibot or arktype, found "string"',
      'effects must be "none" or "outside", found "some"',
      'key must be a function, found "accountId"',
      'the handler must be a function',
      'middleware[0] must be a function, found "log"',
      'policy.attempts must be a whole number from 1, found 0',
      'policy.backoff.first must be a number from 0, found -1',
      'policy.backoff.factor must be a number from 1, found 0.5',
      'policy.backoff.max must be a number from -1, found -2',
      'policy.jitter must be a number from 0 to 1, found 2',
      'policy.deadline must be a number from 1, found 0',
      'policy.whenDeadLettered must be "goOn" or "holdKey", found "stop"',
      'limits[0] must have either limit or rate',
      'limits[1] must have either limit or rate',
      'limits[2].limit must be a whole number from 1, found 0',
      'limits[3].rate must be more than 0, found 0',
      'limits[4].by must be a function, found "host"',
      'targets has the name "Bad Name", which is not of a-z, 0-9 and "-"',
      'targets.gone must be a line or a stop',
      'concurrency must be a whole number from 1, found 1.5',
      'schemaVersion must be a whole number from 1, found 0',
    ],
  )
})

test('refuses what only makes sense with an output, and a batch without room', () => {
  assert.deepEqual(
    faultsOf(() => loosely('end', { in: Contact, key: () => 'a', next: archive }, () => {})),
    ['key is for what the stop gives on, and it has no out', 'next takes what the stop gives on, and it has no out'],
  )
  assert.deepEqual(
    faultsOf(() => loosely.batch('store', { in: Contact, size: 0, time: -1 }, () => {})),
    ['size must be a whole number from 1, found 0', 'time must be a number from 0, found -1'],
  )
})
