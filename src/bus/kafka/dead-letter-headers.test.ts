import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deadLetterHeaders, readDeadLetter } from './dead-letter-headers.ts'
import type { DeadLetterFacts } from './dead-letter-headers.ts'
import { readBatch, RecordCursor } from './driver/records-decoder.ts'
import { RecordsEncoder, stampBatch } from './driver/records-encoder.ts'
import type { FieldValue } from './driver/records-encoder.ts'

const facts: DeadLetterFacts = {
  topic: 'orders.in',
  partition: 3,
  offset: 2 ** 40,
  timestamp: 1_700_000_000_000,
  group: 'orders',
  stop: 'charge',
  attempts: 5,
  exception: 'MB_DEADLINE',
  message: 'zu spät',
  stacktrace: 'Error\n  at x',
  firstFailedAt: 1_700_000_000_001,
  lastFailedAt: 1_700_000_000_009,
  appVersion: '1.2.3',
  itinerary: 'a|18|line|v1|',
}

function recordWith(headers: readonly FieldValue[]): RecordCursor {
  const encoder = new RecordsEncoder()
  encoder.append(1, 'k', '{}', headers)
  const batch = encoder.finish()
  stampBatch(batch, { producerId: -1n, producerEpoch: -1, baseSequence: -1, isTransactional: false })
  const cursor = new RecordCursor(readBatch(batch, 0)!)
  assert.ok(cursor.next())
  return cursor
}

const inTurn = (headers: Readonly<{ [name: string]: FieldValue }>): FieldValue[] => Object.entries(headers).flat()

const int = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

const long = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}

test('what is written of a death is read again', () => {
  assert.deepEqual(readDeadLetter(recordWith(['x', '1', ...deadLetterHeaders(facts)])), facts)
})

test('what nobody knows is not written', () => {
  const unknown = Object.fromEntries(Object.keys(facts).map((fact) => [fact, undefined]))
  const least = { ...unknown, topic: 't', partition: 0, offset: 0 } as unknown as DeadLetterFacts
  const headers = deadLetterHeaders(least)
  const said = {
    '__metrobus.errors.topic': 't',
    '__metrobus.errors.partition': '0',
    '__metrobus.errors.offset': '0',
  }
  assert.deepEqual(headers, inTurn(said))
  assert.deepEqual(readDeadLetter(recordWith(headers)), least)
})

test('a record that dies twice keeps its first place and first failure', () => {
  const again = {
    ...facts,
    topic: 'orders.dead',
    partition: 0,
    offset: 1,
    firstFailedAt: 9,
    lastFailedAt: 10,
    attempts: 1,
  }
  const read = readDeadLetter(recordWith(deadLetterHeaders(again, facts)))
  assert.deepEqual(read, { ...facts, lastFailedAt: 10, attempts: 1 })
})

test('a stack trace is cut at 8 KiB, not within a character', () => {
  for (const text of ['x'.repeat(9000), 'ü'.repeat(5000), `x${'ü'.repeat(5000)}`, `xx${'🚌'.repeat(3000)}`]) {
    const stacktrace = readDeadLetter(recordWith(deadLetterHeaders({ ...facts, stacktrace: text })))!.stacktrace!
    assert.ok(text.startsWith(stacktrace))
    const bytes = Buffer.byteLength(stacktrace)
    assert.ok(bytes <= 8192 && bytes > 8192 - 4, `${bytes} bytes`)
  }
})

test('the dead letters of Connect, Spring and Streams are read', () => {
  const families = [
    {
      '__connect.errors.topic': 't',
      '__connect.errors.partition': '4',
      '__connect.errors.offset': '12',
      '__connect.errors.exception.class.name': 'E',
      '__connect.errors.exception.message': 'm',
    },
    {
      'kafka_dlt-original-topic': 't',
      'kafka_dlt-original-partition': int(4),
      'kafka_dlt-original-offset': long(12),
      'kafka_dlt-exception-fqcn': 'E',
      'kafka_dlt-exception-message': 'm',
    },
    {
      '__streams.errors.topic': 't',
      '__streams.errors.partition': '4',
      '__streams.errors.offset': '12',
      '__streams.errors.exception': 'E',
      '__streams.errors.message': 'm',
    },
  ].map(inTurn)
  for (const headers of families) {
    const { topic, partition, offset, exception, message, group } = readDeadLetter(recordWith(headers))!
    assert.deepEqual([topic, partition, offset, exception, message, group], ['t', 4, 12, 'E', 'm', undefined])
  }
})

test('a record without these headers, or with half of them, is no dead letter', () => {
  assert.equal(readDeadLetter(recordWith([])), undefined)
  assert.equal(readDeadLetter(recordWith(['__connect.errors.topic', 't'])), undefined)
  const broken = [
    'kafka_dlt-original-topic',
    't',
    'kafka_dlt-original-partition',
    '4',
    'kafka_dlt-original-offset',
    null,
  ]
  assert.equal(readDeadLetter(recordWith(broken)), undefined)
})
