import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { topic } from './topic.ts'

const Confirmed = z.object({ id: z.string() })
const loosely = topic as unknown as (name: string, options: unknown) => unknown

test('a topic that declares nothing takes what its bus gives', () => {
  assert.deepEqual(topic('confirmed', { schema: Confirmed }), {
    kind: 'topic',
    name: 'confirmed',
    schema: Confirmed,
    key: undefined,
    partitions: undefined,
    retention: undefined,
  })
})

test('a topic has the key, partitions and retention that it declares', () => {
  const key = ({ id }: { readonly id: string }) => id
  const declared = topic('confirmed', {
    schema: Confirmed,
    key,
    partitions: 8,
    retention: { compact: true, time: { seconds: 60 }, bytesMax: Infinity },
  })
  assert.deepEqual([declared.key, declared.partitions], [key, 8])
  assert.deepEqual(declared.retention, { compact: true, timeMs: 60_000, bytesMax: Infinity })
})

test('tells every fault at once', () => {
  const bad = { schema: {}, key: 'id', partitions: 0, retention: { time: -1, bytesMax: NaN } }
  assert.throws(() => loosely('confirmed', bad), {
    code: 'MB_BAD_OPTIONS',
    facts: {
      what: 'The topic "confirmed"',
      faults: [
        'schema must be a Standard Schema, such as one of zod, valibot or arktype, found object',
        'key must be a function, found "id"',
        'partitions must be a whole number from 1, found 0',
        'retention.time must be a number from 0, found -1',
        'retention.bytesMax must be a number from 0, found NaN',
      ],
    },
  })
  assert.throws(() => loosely('app.confirmed', { schema: Confirmed }), { code: 'MB_BAD_NAME' })
})

test('refuses to keep the newest of each key where there is no key', () => {
  assert.throws(() => loosely('confirmed', { schema: Confirmed, retention: { compact: true } }), /needs a key/)
})
