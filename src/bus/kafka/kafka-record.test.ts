import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reader, readRecordsBatch } from '@platformatic/kafka'
import { noHeaders } from '../../event/event.ts'
import { Record } from '../../event/record.ts'
import type { RecordFields } from '../../event/record.ts'
import { chooseSeed, SeededRandom } from '../../testing/seeded-random.ts'
import { readBatch, RecordCursor } from './driver/records-decoder.ts'
import { RecordsEncoder, stampBatch } from './driver/records-encoder.ts'
import type { FieldValue } from './driver/records-encoder.ts'
import { readRecord } from './foreign-record.ts'
import type { ForeignMapping } from './foreign-record.ts'
import { writeRecord } from './kafka-record.ts'

const seed = chooseSeed()
const replaySeed = `seed ${seed}: METROBUS_SEED=${seed} replays it`
const appendedAt = 1_800_000_000_000

const plain: RecordFields = {
  ride: 'r-1',
  hop: 0,
  type: 'orders.placed',
  source: '/apps/orders',
  time: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  key: 'a-17',
  headers: noHeaders,
  correlationId: undefined,
  causationId: undefined,
  replay: 0,
  slip: '',
}

function finished(encoder: RecordsEncoder): Buffer {
  const batch = encoder.finish()
  stampBatch(batch, { producerId: -1n, producerEpoch: -1, baseSequence: -1, isTransactional: false })
  return batch
}

function cursorOf(bytes: Buffer): RecordCursor {
  const cursor = new RecordCursor(readBatch(bytes, 0)!)
  assert.ok(cursor.next())
  return cursor
}

function written(...records: readonly Record[]): Buffer {
  const encoder = new RecordsEncoder()
  for (const record of records) writeRecord(encoder, record, appendedAt)
  return finished(encoder)
}

/** A record as somebody else writes it. */
function foreign(key: FieldValue, value: FieldValue, headers: readonly FieldValue[] = []): RecordCursor {
  const encoder = new RecordsEncoder()
  encoder.append(appendedAt, key, value, headers)
  return cursorOf(finished(encoder))
}

const read = (cursor: RecordCursor, mapping?: ForeignMapping): Record => readRecord(cursor, 'letters', 3, mapping)

const shape = (record: Record): unknown => {
  const { ride, hop, id, type, source, time, key, correlationId, causationId, replay, slip, data } = record
  return {
    ride,
    hop,
    id,
    type,
    source,
    time,
    key,
    headers: { ...record.headers },
    correlationId,
    causationId,
    replay,
    slip,
    data,
  }
}

/** The headers as the client reads them. */
function headersByClient(bytes: Buffer): { [name: string]: string } {
  const [record] = readRecordsBatch(Reader.from(bytes)).records
  return Object.fromEntries([...record!.headers].map(([name, value]) => [String(name), String(value)]))
}

test('an event is a CloudEvent in binary mode, and what travels with it are headers', () => {
  const fields = {
    ...plain,
    ride: 'r',
    hop: 2,
    slip: 'a,b|18|line|v1|c:5',
    correlationId: 'c',
    causationId: 'd',
    replay: 1,
  }
  const bytes = written(new Record({ ...fields, headers: { traceparent: '00-1-2-01' } }, { n: 1 }, undefined))
  assert.deepEqual(headersByClient(bytes), {
    ce_specversion: '1.0',
    ce_id: 'r~2',
    ce_source: '/apps/orders',
    ce_type: 'orders.placed',
    ce_time: '2026-01-02T03:04:05.006Z',
    ce_correlationid: 'c',
    ce_causationid: 'd',
    ce_replay: '1',
    'content-type': 'application/json',
    itinerary: 'a,b|18|line|v1|c:5',
    itineraryhop: '2',
    traceparent: '00-1-2-01',
  })
  const cursor = cursorOf(bytes)
  assert.equal(cursor.bytes.toString('utf8', cursor.valueStart, cursor.valueEnd), '{"n":1}')
  assert.equal(cursor.timestamp, appendedAt)
})

test('what is read back is the same event, whatever its words', () => {
  const random = new SeededRandom(seed)
  const text = (): string =>
    Array.from({ length: random.below(8) }, () => random.pick(['a', 'é', '漢', '🚌', '~', '!', ' ', '%', '"'])).join('')
  const headerNames = [
    'x',
    'trace-id',
    'ce_id',
    'ce_subject',
    'content-type',
    'itinerary',
    'own_x',
    'own_ce_id',
    '__proto__',
  ]
  for (let round = 0; round < 300; round++) {
    const names = random.shuffle(headerNames).slice(0, random.below(4))
    const fields: RecordFields = {
      ride: `r${text()}${random.pick(['', '~3', '!2', '~0'])}`,
      hop: random.pick([0, 0, 1, 12]),
      type: `t${text()}`,
      source: `/s${text()}`,
      time: random.pick([0, 1_700_000_000_000, 5, -1]),
      key: random.pick([null, '', text()]),
      headers: Object.fromEntries(names.map((name) => [name, text()])),
      correlationId: random.pick([undefined, text()]),
      causationId: random.pick([undefined, text()]),
      replay: random.pick([0, 0, 3]),
      slip: random.pick(['', 'a|17|l|v|']),
    }
    const data = random.pick([null, 0, false, '', text(), [1, { a: text() }], { n: { m: [] } }])
    const record = new Record(fields, data, undefined)
    const again = read(cursorOf(written(record)))
    assert.deepEqual(shape(again), shape(record), `${replaySeed}, round ${round}`)
    assert.equal(Object.getPrototypeOf(again.headers), Object.prototype)
    assert.deepEqual(written(again), written(record), `${replaySeed}, round ${round}`)
  }
})

test('data that nobody looked at is passed on as the text that was read', () => {
  const text = '{ "b" : 1.0 }'
  const again = read(cursorOf(written(new Record(plain, undefined, text))))
  assert.equal(again.encoded, text)
  assert.equal(again.isEncoded, true)
  const next = again.copy({ hop: 1 })
  assert.equal(read(cursorOf(written(next))).encoded, text)
})

test('a record that carries the data of another unchanged has it, looked at or not', () => {
  const text = '{ "a": 1.0 }'
  const origins = [new Record(plain, undefined, text), new Record(plain, { a: 1 }, undefined)] as const
  const again = origins.map((origin) => {
    const next = new Record(plain, undefined, undefined)
    next.unchangedFrom = origin
    return read(cursorOf(written(next))).encoded
  })
  assert.deepEqual(again, [text, '{"a":1}'])
})

test('data that was encoded when the outcome was decided is not encoded again', () => {
  const record = new Record(plain, { a: 1 }, undefined)
  record.text = '{"a":1}'
  assert.equal(read(cursorOf(written(record))).encoded, '{"a":1}')
})

test('no data is a tombstone, both ways, and has no content type', () => {
  const bytes = written(new Record(plain, null, undefined))
  const cursor = cursorOf(bytes)
  assert.equal(cursor.valueEnd, -1)
  assert.equal(headersByClient(bytes)['content-type'], undefined)
  assert.equal(read(cursor).data, null)
  for (const text of ['', 'null']) {
    const record = new Record(plain, null, undefined)
    record.text = text
    assert.equal(cursorOf(written(record)).valueEnd, -1)
  }
})

test('a record has the place and the time that its partition gave it', () => {
  const bytes = written(new Record(plain, 1, undefined), new Record(plain, 2, undefined))
  bytes.writeBigInt64BE(40n, 0)
  const cursor = cursorOf(bytes)
  cursor.next()
  const record = read(cursor)
  assert.deepEqual([record.offset, record.appendedAt, record.data], [41, appendedAt, 2])
})

test('a CloudEvent of somebody else in binary mode is an event, its id escaped, its other attributes headers', () => {
  const record = read(
    foreign('k', '{"a":1}', [
      'ce_specversion',
      '1.0',
      'ce_id',
      'A~1! 100%',
      'ce_source',
      '/theirs',
      'ce_type',
      'com.example.a',
      'ce_time',
      '2026-01-01T00:00:00Z',
      'ce_subject',
      's',
      'Content-Type',
      'application/vnd.a+json; charset=utf-8',
    ]),
  )
  assert.deepEqual(shape(record), {
    ...plain,
    ride: 'A%7e1%21%20100%25',
    id: 'A%7e1%21%20100%25',
    type: 'com.example.a',
    source: '/theirs',
    time: Date.UTC(2026, 0, 1),
    key: 'k',
    headers: { ce_subject: 's' },
    data: { a: 1 },
  })
  assert.ok(Object.isFrozen(record.data))
})

test('a CloudEvent in structured mode is an event', () => {
  const event = { specversion: '1.0', id: 'x', source: '/theirs', type: 't', correlationid: 'c', data: { a: [1] } }
  const record = read(
    foreign(null, JSON.stringify(event), ['content-type', 'application/CloudEvents+json; charset=UTF-8']),
  )
  assert.deepEqual(
    [record.id, record.source, record.type, record.time, record.correlationId, record.data],
    ['x', '/theirs', 't', appendedAt, 'c', { a: [1] }],
  )
})

test('plain JSON is an event by its place, or as the mapping says', () => {
  const bare = read(foreign('k', '{"orderId":7}', ['Trace', 't']))
  assert.deepEqual(
    [bare.id, bare.type, bare.source, bare.time, bare.key, bare.headers, bare.data],
    ['3/0', 'letters', '/kafka/letters', appendedAt, 'k', { trace: 't' }, { orderId: 7 }],
  )
  const mapping: ForeignMapping = {
    type: ({ headers }) => headers.get('kind') ?? 'unknown',
    source: '/legacy',
    id: ({ data }) => String((data as { orderId: number }).orderId),
    key: ({ data }) => `o-${(data as { orderId: number }).orderId}`,
  }
  const mapped = read(foreign(null, '{"orderId":7}', ['kind', 'placed']), mapping)
  assert.deepEqual([mapped.id, mapped.type, mapped.source, mapped.key], ['7', 'placed', '/legacy', 'o-7'])
})

test('text and bytes are taken where the mapping says so', () => {
  assert.equal(read(foreign(null, 'héllo'), { data: 'text' }).data, 'héllo')
  assert.equal(read(foreign(null, Buffer.from([0xff, 0x00])), { data: 'bytes' }).data, '/wA=')
})

test('a foreign tombstone is an event without data', () => {
  for (const data of ['json', 'text', 'bytes'] as const) assert.equal(read(foreign('k', null), { data }).data, null)
})

test('what is no event is refused with its place and reason', () => {
  const cloud = ['ce_specversion', '1.0', 'ce_id', 'x', 'ce_source', '/s', 'ce_type', 't']
  const structured = ['content-type', 'application/cloudevents+json']
  const refused: readonly (readonly [FieldValue, readonly FieldValue[], RegExp])[] = [
    ['{', [], /not JSON/],
    ['{', cloud, /not JSON/],
    ['x', [...cloud, 'content-type', 'text/plain'], /"text\/plain" and not JSON/],
    ['[1', structured, /not JSON/],
    ['7', structured, /without attributes/],
    [null, structured, /without attributes/],
    ['{"id":"x","source":"/s"}', structured, /"type" is missing/],
    ['{"id":"x","source":"/s","type":"t","data_base64":"AA=="}', structured, /binary/],
  ]
  for (const [value, headers, reason] of refused)
    assert.throws(
      () => read(foreign(null, value, headers)),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'MB_KAFKA_FOREIGN_RECORD')
        assert.match(error.message, /letters\/3/)
        assert.match(error.message, reason)
        return true
      },
    )
  assert.throws(() => read(foreign(null, '1'), { id: () => '' }), { code: 'MB_KAFKA_FOREIGN_RECORD' })
  assert.throws(() => read(foreign(null, '['.repeat(2000) + ']'.repeat(2000))), { code: 'MB_TOO_DEEP' })
})

test('a record that only pretends to be ours is taken as a foreign one', () => {
  const headers = ['ce_specversion', '1.0', 'ce_id', 'x~1', 'ce_source', '/s', 'ce_type', 't', 'itinerary', 'a|1|l|v|']
  for (const more of [
    ['itineraryhop', '2'],
    ['itineraryhop', 'x'],
    ['itineraryhop', '-1'],
    ['ce_replay', '0.5'],
  ]) {
    const record = read(foreign(null, '1', [...headers, ...more]))
    assert.deepEqual([record.ride, record.hop, record.slip, record.replay], ['x%7e1', 0, '', 0], more.join(' '))
  }
})

test('a header that is null or comes twice is text', () => {
  const record = read(foreign(null, '1', ['a', null, 'b', 'first', 'B', 'last', 'own_c', '1']))
  assert.deepEqual({ ...record.headers }, { a: '', b: 'last', own_c: '1' })
})
