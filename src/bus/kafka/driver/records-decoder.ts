/**
 * Reads record batches: the header of a batch becomes one object, its records stay bytes under a cursor that moves from one to the next,
 * so that only what somebody asks for is decoded. What a broker sends is not trusted: every length is checked against what is there, and
 * bytes that are no batch are refused with MB_KAFKA_BAD_BATCH.
 */
import { MetrobusError } from '../../../errors/index.ts'
import { decompress } from './compression.ts'
import { crc32c } from './crc32c.ts'
import { at, attribute, headBytes, readInt64 } from './records-layout.ts'

/** The header of a batch, and where its records are. */
export interface RecordBatch {
  /** Holds the batch and, mostly, others. Never changed. */
  readonly bytes: Buffer
  /** Where the batch and its records begin and end in `bytes`. */
  readonly start: number
  readonly end: number
  readonly baseOffset: number
  /** The offset of the last record that the batch had when it was written; compaction may have removed it. */
  readonly lastOffset: number
  readonly leaderEpoch: number
  readonly count: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  /** The broker has set the time: all records have `maxTimestamp`. */
  readonly isLogAppendTime: boolean
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly isTransactional: boolean
  /** Holds a marker of a transaction, and no record of anybody. */
  readonly isControl: boolean
  /** The number of its compression; 0 for none. */
  readonly compression: number
}

/** How a transaction ended in this partition; `other` is for the brokers among themselves. */
export type Marker = 'commit' | 'abort' | 'other'

/** The smallest record: length, attributes, two deltas, no key, no value, no headers. */
const recordBytesMin = 7

/**
 * The batch that begins at `start`, or undefined where the bytes end before it does: a broker cuts the last one at the limit of a fetch.
 * Its checksum holds.
 */
export function readBatch(bytes: Buffer, start: number, end: number = bytes.length): RecordBatch | undefined {
  if (end - start < headBytes) return undefined
  const length = bytes.readInt32BE(start + at.batchLength)
  const isOld = end - start > at.magic && bytes[start + at.magic] !== 2
  if (isOld) throw badBatch(`its format is version ${bytes[start + at.magic]} and not 2`)
  if (length < at.records - headBytes) throw badBatch(`it says that it is ${length} bytes long`)
  const batchEnd = start + headBytes + length
  if (batchEnd > end) return undefined
  if (crc32c(bytes, start + at.attributes, batchEnd) !== bytes.readUInt32BE(start + at.crc))
    throw badBatch('its checksum is wrong')
  return headerOf(bytes, start, batchEnd)
}

function headerOf(bytes: Buffer, start: number, end: number): RecordBatch {
  const attributes = bytes.readInt16BE(start + at.attributes)
  const baseOffset = readInt64(bytes, start + at.baseOffset)
  const baseTimestamp = readInt64(bytes, start + at.baseTimestamp)
  const maxTimestamp = readInt64(bytes, start + at.maxTimestamp)
  const lastOffsetDelta = bytes.readInt32BE(start + at.lastOffsetDelta)
  const count = bytes.readInt32BE(start + at.count)
  const isWhole = baseOffset !== undefined && baseTimestamp !== undefined && maxTimestamp !== undefined
  if (!isWhole || baseOffset < 0) throw badBatch('its offset or time is out of range')
  if (count < 0 || lastOffsetDelta < 0) throw badBatch(`it says that it has ${count} records to ${lastOffsetDelta}`)
  return {
    bytes,
    start,
    end,
    baseOffset,
    lastOffset: baseOffset + lastOffsetDelta,
    leaderEpoch: bytes.readInt32BE(start + at.leaderEpoch),
    count,
    baseTimestamp,
    maxTimestamp,
    isLogAppendTime: (attributes & attribute.logAppendTime) !== 0,
    producerId: bytes.readBigInt64BE(start + at.producerId),
    producerEpoch: bytes.readInt16BE(start + at.producerEpoch),
    baseSequence: bytes.readInt32BE(start + at.baseSequence),
    isTransactional: (attributes & attribute.transactional) !== 0,
    isControl: (attributes & attribute.control) !== 0,
    compression: attributes & attribute.compression,
  }
}

/** What a control batch says. */
export function markerOf(batch: RecordBatch): Marker {
  const cursor = new RecordCursor(batch)
  if (!cursor.next() || cursor.keyEnd - cursor.keyStart < 4) throw badBatch('it is a control batch without a marker')
  const type = cursor.bytes.readInt16BE(cursor.keyStart + 2)
  return type === 0 ? 'abort' : type === 1 ? 'commit' : 'other'
}

/**
 * Moves over the records of a batch. Positions are in `bytes`, which is not the batch's own where it was compressed; they hold until the
 * next `next`, and `bytes` for ever. An end of -1 is null.
 */
export class RecordCursor {
  readonly batch: RecordBatch
  readonly bytes: Buffer
  offset: number
  /** In milliseconds since the epoch. */
  timestamp = 0
  keyStart = 0
  keyEnd = -1
  valueStart = 0
  valueEnd = -1
  headerCount = 0
  nameStart = 0
  nameEnd = 0
  headerStart = 0
  headerEnd = -1
  #at: number
  readonly #end: number
  #left: number
  #recordEnd = 0
  #headersStart = 0
  #headerAt = 0
  #headersLeft = 0

  /** Decompresses the batch if need be. */
  constructor(batch: RecordBatch) {
    this.batch = batch
    const start = batch.start + at.records
    const isPlain = batch.compression === 0
    this.bytes = isPlain ? batch.bytes : decompress(batch.compression, batch.bytes.subarray(start, batch.end))
    this.#at = isPlain ? start : 0
    this.#end = isPlain ? batch.end : this.bytes.length
    this.#left = batch.count
    this.offset = batch.baseOffset - 1
    if (batch.count * recordBytesMin > this.#end - this.#at)
      throw badBatch(`it says that it has ${batch.count} records in ${this.#end - this.#at} bytes`)
  }

  /** Stands on the next record; false behind the last. */
  next(): boolean {
    if (this.#left === 0) {
      if (this.#at !== this.#end) throw badBatch('bytes are left behind its last record')
      return false
    }
    this.#left--
    const length = this.#varint(this.#end)
    const end = this.#at + length
    if (length < recordBytesMin - 1 || end > this.#end) throw badBatch(`a record says that it is ${length} bytes long`)
    const { batch } = this
    this.#at++
    const timeDelta = this.#varlong(end)
    this.timestamp = batch.isLogAppendTime ? batch.maxTimestamp : batch.baseTimestamp + timeDelta
    const offset = batch.baseOffset + this.#varint(end)
    if (offset <= this.offset || offset > batch.lastOffset)
      throw badBatch(`a record has offset ${offset} behind ${this.offset}, in a batch that ends at ${batch.lastOffset}`)
    this.offset = offset
    const keyLength = this.#lengthWithin(end)
    this.keyStart = this.#at
    this.keyEnd = keyLength < 0 ? -1 : (this.#at += keyLength)
    const valueLength = this.#lengthWithin(end)
    this.valueStart = this.#at
    this.valueEnd = valueLength < 0 ? -1 : (this.#at += valueLength)
    this.headerCount = this.#varint(end)
    if (this.headerCount < 0 || this.headerCount * 2 > end - this.#at)
      throw badBatch(`a record says that it has ${this.headerCount} headers`)
    this.#recordEnd = end
    this.#headersStart = this.#at
    this.rewindHeaders()
    this.#at = end
    return true
  }

  /** Stands before the first header of the record again. */
  rewindHeaders(): void {
    this.#headersLeft = this.headerCount
    this.#headerAt = this.#headersStart
  }

  /** Stands on the next header of the record: its name and, unless it is null, its value. False behind the last. */
  nextHeader(): boolean {
    const after = this.#at
    this.#at = this.#headerAt
    const has = this.#readHeader()
    this.#headerAt = this.#at
    this.#at = after
    return has
  }

  #readHeader(): boolean {
    const end = this.#recordEnd
    if (this.#headersLeft === 0) {
      if (this.#at !== end) throw badBatch('bytes are left behind the headers of a record')
      return false
    }
    this.#headersLeft--
    const nameLength = this.#lengthWithin(end)
    if (nameLength < 0) throw badBatch('a header has no name')
    this.nameStart = this.#at
    this.nameEnd = this.#at += nameLength
    const length = this.#lengthWithin(end)
    this.headerStart = this.#at
    this.headerEnd = length < 0 ? -1 : (this.#at += length)
    return true
  }

  /** A length of -1 or of bytes that are there. */
  #lengthWithin(end: number): number {
    const length = this.#varint(end)
    if (length < -1 || length > end - this.#at) throw badBatch(`a field says that it is ${length} bytes long`)
    return length
  }

  #varint(end: number): number {
    const { bytes } = this
    let position = this.#at
    let byte = position < end ? bytes[position++]! : tooShort()
    let word = byte & 0x7f
    for (let shift = 7; byte > 0x7f; shift += 7) {
      if (shift > 28) throw badBatch('a number is too long')
      byte = position < end ? bytes[position++]! : tooShort()
      word |= (byte & 0x7f) << shift
    }
    this.#at = position
    return (word >>> 1) ^ -(word & 1)
  }

  #varlong(end: number): number {
    const { bytes } = this
    let position = this.#at
    let wide = 0
    let scale = 1
    for (let count = 0; ; count++) {
      if (count === 10) throw badBatch('a number is too long')
      const byte = position < end ? bytes[position++]! : tooShort()
      wide += (byte & 0x7f) * scale
      if (byte <= 0x7f) break
      scale *= 128
    }
    this.#at = position
    if (wide > Number.MAX_SAFE_INTEGER) throw badBatch('a time is out of range')
    return wide % 2 === 0 ? wide / 2 : -(wide + 1) / 2
  }
}

function tooShort(): never {
  throw badBatch('it ends within a record')
}

function badBatch(fault: string): MetrobusError {
  return new MetrobusError('MB_KAFKA_BAD_BATCH', { fault })
}
