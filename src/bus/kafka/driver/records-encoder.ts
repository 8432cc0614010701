import type { Codec } from './compression.ts'
/**
 * Writes records into one record batch: bytes go straight into one buffer that grows, no object a record. A length stands before
 * what it counts and takes as many bytes as it needs, so that its size is guessed, and what was written is moved where the guess was wrong
 * (text that is not ASCII near a power of 128).
 *
 * A batch is written first and stamped with its producer later, any number of times: the same outcomes may be sent again under another epoch.
 */
import { crc32c } from './crc32c.ts'
import { at, attribute, headBytes, writeInt64 } from './records-layout.ts'

/** Text is written as UTF-8. */
export type FieldValue = string | Uint8Array | null

/** Header names and values in turn: [name, value, name, value, ...]. A name is never null. */
export type FlatHeaders = readonly FieldValue[]

/** Who sends a batch, and as which of its messages. */
export interface ProducerStamp {
  /** -1n: no idempotence; then epoch and sequence are -1 too. */
  readonly producerId: bigint
  readonly producerEpoch: number
  /** Sequence number of the first record. */
  readonly baseSequence: number
  readonly isTransactional: boolean
}

/** Text of up to so many characters is written in a loop; a call into the engine costs more. */
const shortText = 24
/** Text above this is measured before it is written, so that the buffer does not grow threefold for nothing. */
const longText = 4096
const varintBytesMax = 5
const varlongBytesMax = 10

export class RecordsEncoder {
  readonly #codec: Codec | undefined
  readonly #bytesAtFirst: number
  #bytes: Buffer
  #end: number = at.records
  #count = 0
  #baseTimestamp = 0
  #maxTimestamp = 0

  /** `codec` undefined: not compressed. `bytesAtFirst`: what the buffer begins with. */
  constructor(codec?: Codec, bytesAtFirst: number = 16 * 1024) {
    this.#codec = codec
    this.#bytesAtFirst = bytesAtFirst
    this.#bytes = Buffer.allocUnsafeSlow(bytesAtFirst)
  }

  /** Records appended since the last `finish`. */
  get count(): number {
    return this.#count
  }

  /** Bytes of the batch so far, not compressed. */
  get bytes(): number {
    return this.#end
  }

  /** Adds a record. `timestamp` in milliseconds since the epoch; key null for none; value null for a tombstone. */
  append(timestamp: number, key: FieldValue, value: FieldValue, headers: FlatHeaders): void {
    if (this.#count === 0) this.#baseTimestamp = this.#maxTimestamp = timestamp
    else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
    let least = 6 + lengthOf(key) + lengthOf(value)
    let most = 1 + 2 * varintBytesMax + varlongBytesMax + 2 * varintBytesMax + roomOf(key) + roomOf(value)
    for (let index = 0; index < headers.length; index++) {
      const field = headers[index]!
      least += 1 + lengthOf(field)
      most += varintBytesMax + roomOf(field)
    }
    this.#reserve(most)

    const start = this.#end
    const guessed = varintBytes(least << 1)
    this.#end = start + guessed
    this.#bytes[this.#end++] = 0
    this.#varlong(timestamp - this.#baseTimestamp)
    this.#varint(this.#count)
    this.#field(key)
    this.#field(value)
    this.#varint(headers.length >>> 1)
    for (let index = 0; index < headers.length; index++) this.#field(headers[index]!)
    this.#putLength(start, guessed)
    this.#count++
  }

  /** The batch, not stamped yet, owned by the caller; the encoder begins anew. Only after at least one `append`. */
  finish(): Buffer {
    const batch = this.#codec === undefined ? this.#bytes.subarray(0, this.#end) : this.#compressed(this.#codec)
    batch.fill(0, 0, at.records)
    batch.writeInt32BE(batch.length - headBytes, at.batchLength)
    batch.writeInt32BE(-1, at.leaderEpoch)
    batch[at.magic] = 2
    batch.writeInt16BE(this.#codec?.number ?? 0, at.attributes)
    batch.writeInt32BE(this.#count - 1, at.lastOffsetDelta)
    writeInt64(batch, this.#baseTimestamp, at.baseTimestamp)
    writeInt64(batch, this.#maxTimestamp, at.maxTimestamp)
    batch.writeInt32BE(this.#count, at.count)
    if (this.#codec === undefined) this.#bytes = Buffer.allocUnsafeSlow(Math.max(this.#bytesAtFirst, this.#end))
    this.#end = at.records
    this.#count = 0
    return batch
  }

  #compressed(codec: Codec): Buffer {
    const records = codec.compress(this.#bytes.subarray(at.records, this.#end))
    const batch = Buffer.allocUnsafeSlow(at.records + records.length)
    batch.set(records, at.records)
    return batch
  }

  #reserve(room: number): void {
    const wanted = this.#end + room
    if (wanted <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(wanted, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#end)
    this.#bytes = grown
  }

  #field(value: FieldValue): void {
    if (value === null) {
      this.#bytes[this.#end++] = 1
    } else if (typeof value === 'string') {
      if (value.length > shortText || !this.#shortText(value)) this.#text(value)
    } else {
      this.#varint(value.length)
      this.#bytes.set(value, this.#end)
      this.#end += value.length
    }
  }

  /** False, with nothing written, where a character is not ASCII. */
  #shortText(text: string): boolean {
    const bytes = this.#bytes
    const start = this.#end
    bytes[start] = text.length << 1
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code > 127) return false
      bytes[start + 1 + index] = code
    }
    this.#end = start + 1 + text.length
    return true
  }

  #text(text: string): void {
    const start = this.#end
    const guessed = varintBytes(text.length << 1)
    this.#end = start + guessed + this.#bytes.write(text, start + guessed)
    this.#putLength(start, guessed)
  }

  /** Puts at `start` the length of what was written behind the bytes that were `guessed` for it. */
  #putLength(start: number, guessed: number): void {
    const length = this.#end - start - guessed
    const taken = varintBytes(length << 1)
    if (taken !== guessed) this.#bytes.copyWithin(start + taken, start + guessed, this.#end)
    this.#end = start
    this.#varint(length)
    this.#end += length
  }

  /** A zigzag varint of an integer from 0 to 2^30. */
  #varint(value: number): void {
    let left = value << 1
    while (left > 0x7f) {
      this.#bytes[this.#end++] = (left & 0x7f) | 0x80
      left >>>= 7
    }
    this.#bytes[this.#end++] = left
  }

  #varlong(value: number): void {
    if (value >= 0 && value < 2 ** 30) return this.#varint(value)
    const wide = BigInt(value)
    let left = BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n))
    while (left > 0x7fn) {
      this.#bytes[this.#end++] = Number(left & 0x7fn) | 0x80
      left >>= 7n
    }
    this.#bytes[this.#end++] = Number(left)
  }
}

/** Puts the producer into a finished batch and computes its checksum. May be called again for another epoch. */
export function stampBatch(
  batch: Buffer,
  { producerId, producerEpoch, baseSequence, isTransactional }: ProducerStamp,
): void {
  const attributes = batch.readInt16BE(at.attributes) & ~attribute.transactional
  batch.writeInt16BE(isTransactional ? attributes | attribute.transactional : attributes, at.attributes)
  batch.writeBigInt64BE(producerId, at.producerId)
  batch.writeInt16BE(producerEpoch, at.producerEpoch)
  batch.writeInt32BE(baseSequence, at.baseSequence)
  batch.writeUInt32BE(crc32c(batch, at.attributes), at.crc)
}

/** Bytes that a field takes at least, without its length. */
const lengthOf = (value: FieldValue): number => (value === null ? 0 : value.length)

/** Bytes that a field takes at most, without its length. */
function roomOf(value: FieldValue): number {
  if (typeof value !== 'string') return lengthOf(value)
  return value.length > longText ? Buffer.byteLength(value) : value.length * 3
}

/** Bytes of a varint of an unsigned integer below 2^32. */
function varintBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5
}
