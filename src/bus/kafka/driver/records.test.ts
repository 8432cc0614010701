import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRecordsBatch, jsCRC32C, Reader, readRecordsBatch } from '@platformatic/kafka'
import { isMetrobusError } from '../../../errors/index.ts'
import { chooseSeed, SeededRandom } from '../../../testing/seeded-random.ts'
import { codecs } from './compression.ts'
import { crc32c } from './crc32c.ts'
import { markerOf, readBatch, RecordCursor } from './records-decoder.ts'
import type { RecordBatch } from './records-decoder.ts'
import { RecordsEncoder, stampBatch } from './records-encoder.ts'
import type { FieldValue, ProducerStamp } from './records-encoder.ts'

type CodecName = keyof typeof codecs
const codecNames = [undefined, 'gzip', 'snappy', 'lz4', 'zstd'] as const satisfies readonly (CodecName | undefined)[]
const seed = chooseSeed()
const replay = `seed ${seed}: METROBUS_SEED=${seed} replays it`

interface Plain {
  readonly timestamp: number
  readonly key: FieldValue
  readonly value: FieldValue
  readonly headers: readonly FieldValue[]
}

const nobody: ProducerStamp = { producerId: -1n, producerEpoch: -1, baseSequence: -1, isTransactional: false }
const letters = ['a', 'Z', '0', ' ', '"', 'é', 'ß', '漢', '🚌', '\u0000', '\ud800']

function randomText(random: SeededRandom, isAscii: boolean): string {
  const length = random.chance(0.99)
    ? random.pick([0, 1, 5, 23, 24, 25, 62, 63, 64, 65, 127])
    : random.pick([4095, 4097, 8191, 8192, 20_000])
  const choices = isAscii ? letters.slice(0, 5) : letters
  return Array.from({ length }, () => random.pick(choices)).join('')
}

function randomField(random: SeededRandom, isNullable: boolean): FieldValue {
  if (isNullable && random.chance(0.15)) return null
  const text = randomText(random, random.chance(0.6))
  return random.chance(0.3) ? Buffer.from(text) : text
}

/** More than 24 days apart in one batch: there the client writes other times than it was given. */
const farApart = [2 ** 31, -(2 ** 33)]

function randomRecords(random: SeededRandom, far: readonly number[] = farApart): Plain[] {
  const begin = random.pick([0, -1, 1_700_000_000_000, 4_000_000_000_000])
  return Array.from({ length: random.between(1, 12) }, () => ({
    timestamp: begin + random.pick([0, 1, 63, 64, -1, -64, -65, 86_400_000, ...far]),
    key: randomField(random, true),
    value: randomField(random, true),
    headers: Array.from({ length: random.below(5) * 2 }, (_, index) => randomField(random, index % 2 === 1)),
  }))
}

function encode(records: readonly Plain[], stamp: ProducerStamp, codec?: CodecName): Buffer {
  const encoder = new RecordsEncoder(codec === undefined ? undefined : codecs[codec], 64)
  for (const { timestamp, key, value, headers } of records) encoder.append(timestamp, key, value, headers)
  const batch = encoder.finish()
  stampBatch(batch, stamp)
  return batch
}

/** What the client writes for the same records; its header map keeps no name twice, so that one is made of unique objects. */
function encodeByClient(records: readonly Plain[], stamp: ProducerStamp, codec?: CodecName): Buffer {
  const messages = records.map(({ timestamp, key, value, headers }) => ({
    topic: 't',
    partition: 0,
    timestamp: BigInt(timestamp),
    key: bytesOf(key),
    value: bytesOf(value),
    headers: new Map(
      Array.from({ length: headers.length / 2 }, (_, pair) => [
        bytesOf(headers[pair * 2]!),
        bytesOf(headers[pair * 2 + 1]!),
      ]),
    ),
  }))
  const sequences = { getWithDefault: () => stamp.baseSequence }
  const options = {
    producerId: stamp.producerId,
    producerEpoch: stamp.producerEpoch,
    partitionLeaderEpoch: -1,
    sequences,
    compression: codec ?? 'none',
    transactionalId: stamp.isTransactional ? 'x' : undefined,
  }
  const writer = createRecordsBatch(messages as never, options as never)
  return Buffer.from(writer.buffer)
}

const bytesOf = (value: FieldValue): Buffer | null => (value === null ? null : Buffer.from(value as string))

function decode(batch: RecordBatch): Plain[] {
  const records: Plain[] = []
  const cursor = new RecordCursor(batch)
  while (cursor.next()) {
    const headers: FieldValue[] = []
    while (cursor.nextHeader()) {
      headers.push(cursor.bytes.subarray(cursor.nameStart, cursor.nameEnd))
      headers.push(slice(cursor.bytes, cursor.headerStart, cursor.headerEnd))
    }
    const key = slice(cursor.bytes, cursor.keyStart, cursor.keyEnd)
    const value = slice(cursor.bytes, cursor.valueStart, cursor.valueEnd)
    records.push({ timestamp: cursor.timestamp, key, value, headers })
  }
  return records
}

const slice = (bytes: Buffer, start: number, end: number): Buffer | null =>
  end < 0 ? null : bytes.subarray(start, end)

const asBytes = (records: readonly Plain[]): unknown[] =>
  records.map(({ timestamp, key, value, headers }) => ({
    timestamp,
    key: bytesOf(key),
    value: bytesOf(value),
    headers: headers.map(bytesOf),
  }))

const randomStamp = (random: SeededRandom): ProducerStamp => ({
  producerId: BigInt(random.below(2 ** 40)),
  producerEpoch: random.below(2 ** 15),
  baseSequence: random.below(2 ** 31),
  isTransactional: random.chance(0.5),
})

test('the checksum is CRC-32C over any range', () => {
  const random = new SeededRandom(seed)
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
  for (let round = 0; round < 200; round++) {
    const bytes = Buffer.from(Array.from({ length: random.below(300) }, () => random.below(256)))
    const start = random.below(bytes.length + 1)
    const end = random.between(start, bytes.length)
    assert.equal(crc32c(bytes, start, end), jsCRC32C(bytes.subarray(start, end)), replay)
  }
})

test('a batch is what the client writes for the same records, byte for byte', () => {
  const random = new SeededRandom(seed)
  for (let round = 0; round < 300; round++) {
    const records = randomRecords(random, [])
    const stamp = randomStamp(random)
    const codec = random.pick(codecNames)
    assert.deepEqual(encode(records, stamp, codec), encodeByClient(records, stamp, codec), `${replay}, round ${round}`)
  }
})

test('what is read back is what was written, in every compression', () => {
  const random = new SeededRandom(seed)
  for (let round = 0; round < 300; round++) {
    const records = randomRecords(random)
    const stamp = randomStamp(random)
    const batch = readBatch(encode(records, stamp, random.pick(codecNames)), 0)!
    const { producerId, producerEpoch, baseSequence, isTransactional } = batch
    assert.deepEqual({ producerId, producerEpoch, baseSequence, isTransactional }, stamp, replay)
    assert.equal(batch.count, records.length, replay)
    assert.equal(batch.lastOffset, batch.baseOffset + records.length - 1, replay)
    assert.equal(batch.maxTimestamp, Math.max(...records.map(({ timestamp }) => timestamp)), replay)
    assert.deepEqual(decode(batch), asBytes(records), `${replay}, round ${round}`)
  }
})

test('the client reads what was written', () => {
  const random = new SeededRandom(seed)
  for (let round = 0; round < 100; round++) {
    const records = randomRecords(random)
    const read = readRecordsBatch(Reader.from(encode(records, nobody, random.pick(codecNames))))
    const theirs = read.records.map(({ timestampDelta, key, value, headers }) => ({
      timestamp: Number(read.firstTimestamp + timestampDelta),
      key,
      value,
      headers: [...headers].flat(),
    }))
    assert.deepEqual(theirs, asBytes(records), `${replay}, round ${round}`)
  }
})

test('a finished batch can be stamped again for another epoch', () => {
  const records = [{ timestamp: 5, key: 'k', value: 'v', headers: [] }]
  const batch = encode(records, { producerId: 7n, producerEpoch: 1, baseSequence: 40, isTransactional: true })
  const later: ProducerStamp = { producerId: 7n, producerEpoch: 2, baseSequence: 0, isTransactional: false }
  stampBatch(batch, later)
  assert.deepEqual(batch, encode(records, later))
})

test('an encoder begins anew with every batch and leaves the one before alone', () => {
  const encoder = new RecordsEncoder(undefined, 64)
  encoder.append(1, 'a', 'first', [])
  const first = encoder.finish()
  stampBatch(first, nobody)
  const before = Buffer.from(first)
  encoder.append(9, 'b', 'second', ['x', null])
  const second = encoder.finish()
  stampBatch(second, nobody)
  assert.deepEqual(first, before)
  assert.deepEqual(
    decode(readBatch(second, 0)!),
    asBytes([{ timestamp: 9, key: 'b', value: 'second', headers: ['x', null] }]),
  )
})

test('batches follow each other, and one that is cut is not read', () => {
  const one = encode([{ timestamp: 1, key: null, value: 'x', headers: [] }], nobody)
  const bytes = Buffer.concat([one, one])
  for (let end = 0; end < one.length; end++) assert.equal(readBatch(bytes, 0, end), undefined)
  for (let end = one.length; end < bytes.length; end++) {
    assert.equal(readBatch(bytes, 0, end)?.end, one.length)
    assert.equal(readBatch(bytes, one.length, end), undefined)
  }
  assert.equal(readBatch(bytes, one.length)?.end, bytes.length)
})

test('the time of the broker wins where the topic says so', () => {
  const batch = encode([{ timestamp: 1, key: null, value: 'x', headers: [] }], nobody)
  batch.writeInt16BE(8, 21)
  batch.writeBigInt64BE(77n, 35)
  batch.writeUInt32BE(crc32c(batch, 21), 17)
  assert.equal(decode(readBatch(batch, 0)!)[0]!.timestamp, 77)
})

test('a marker says how its transaction ended', () => {
  for (const [type, wanted] of [
    [0, 'abort'],
    [1, 'commit'],
    [2, 'other'],
  ] as const) {
    const key = Buffer.from([0, 0, 0, type])
    const batch = encode([{ timestamp: 1, key, value: Buffer.alloc(6), headers: [] }], nobody)
    batch.writeInt16BE(0x30, 21)
    batch.writeUInt32BE(crc32c(batch, 21), 17)
    const read = readBatch(batch, 0)!
    assert.equal(read.isControl, true)
    assert.equal(markerOf(read), wanted)
  }
})

test('a changed byte behind the checksum is noticed', () => {
  const random = new SeededRandom(seed)
  const batch = encode(randomRecords(random).slice(0, 2), nobody)
  for (let position = 17; position < batch.length; position++) {
    const damaged = Buffer.from(batch)
    damaged[position]! ^= 1 << random.below(8)
    assert.throws(() => readBatch(damaged, 0), isBadBatch, `${replay}, byte ${position}`)
  }
})

test('garbage with a right checksum is refused or read, and never more', () => {
  const random = new SeededRandom(seed)
  for (let round = 0; round < 1500; round++) {
    const batch = encode(randomRecords(random).slice(0, 2), nobody, random.pick(codecNames))
    for (let change = random.between(1, 4); change > 0; change--) {
      const position = random.between(random.chance(0.2) ? 0 : 61, batch.length - 1)
      batch[position] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)])
    }
    batch.writeUInt32BE(crc32c(batch, 21), 17)
    try {
      const read = readBatch(batch, 0)
      if (read !== undefined) decode(read)
    } catch (error) {
      assert.ok(isBadBatch(error), `${replay}, round ${round}: ${String(error)}`)
    }
  }
})

test('a record that lies about itself is refused', () => {
  const key = [2, 97]
  const lies: readonly (readonly [records: readonly number[], fault: RegExp])[] = [
    [[13, 0, 0, 0, ...key, 1, 0], /a record says that it is -7 bytes/],
    [[40, 0, 0, 0, ...key, 1, 0], /a record says that it is 20 bytes/],
    [[14, 0, 0, 0, 40, 97, 1, 0], /a field says that it is 20 bytes/],
    [[14, 0, 0, 0, 3, 97, 1, 0], /a field says that it is -2 bytes/],
    [[14, 0, 0, 2, ...key, 1, 0], /a record has offset 1 behind -1, in a batch that ends at 0/],
    [[14, 0, 0, 1, ...key, 1, 0], /a record has offset -1/],
    [[14, 0, 0, 0, ...key, 1, 40], /a record says that it has 20 headers/],
    [[18, 0, 0, 0, ...key, 1, 2, 1, 1], /a header has no name/],
    [[14, 0, 0, 0, ...key, 1, 0, 7], /bytes are left behind its last record/],
    [[18, 0, 0, 0, ...key, 1, 0, 7, 7], /bytes are left behind the headers/],
    [[26, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 3, 1, 1, 0], /a number is too long/],
    [[34, 0, ...Array.from({ length: 12 }, () => 0x80), 0, 1, 1, 0], /a number is too long/],
    [[30, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0, 1, 1, 0], /out of range|too long/],
    [[14, 0, 0, 0, ...key, 0x80, 0x80], /it ends within a record/],
  ]
  for (const [records, fault] of lies) {
    const empty = encode([{ timestamp: 1, key: null, value: null, headers: [] }], nobody).subarray(0, 61)
    const batch = Buffer.concat([empty, Buffer.from(records)])
    batch.writeInt32BE(batch.length - 12, 8)
    batch.writeUInt32BE(crc32c(batch, 21), 17)
    assert.throws(() => decode(readBatch(batch, 0)!), fault, records.join(' '))
  }
})

test('formats before version 2 are refused by their number', () => {
  const batch = encode([{ timestamp: 1, key: null, value: 'x', headers: [] }], nobody)
  batch[16] = 1
  assert.throws(() => readBatch(batch, 0), /version 1/)
})

function isBadBatch(error: unknown): boolean {
  return isMetrobusError(error, 'MB_KAFKA_BAD_BATCH')
}
