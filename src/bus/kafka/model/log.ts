import type { AbortedTransaction } from '../driver/codec/fetch.ts'
import { codes } from '../driver/codes.ts'
/** A partition of the model: batches at their offsets, those of open transactions, and the markers of those that have ended. */
import { crc32c } from '../driver/crc32c.ts'
import { readBatch } from '../driver/records-decoder.ts'
import { RecordsEncoder, stampBatch } from '../driver/records-encoder.ts'
import { at, attribute, writeInt64 } from '../driver/records-layout.ts'

interface Kept {
  readonly bytes: Buffer
  readonly first: number
  readonly last: number
  readonly at: number
}

interface Ended extends AbortedTransaction {
  readonly last: number
}

interface Sender {
  epoch: number
  next: number
  /** A broker remembers its last five batches, so that one that is sent again is known. */
  known: { readonly sequence: number; readonly offset: number }[]
}

export class ModelLog {
  leader: number
  leaderEpoch = 0
  /** What is before it was deleted. */
  begin = 0
  end = 0
  readonly #kept: Kept[] = []
  readonly #senders = new Map<bigint, Sender>()
  /** First offset of each open transaction, by its producer. */
  readonly #open = new Map<bigint, number>()
  readonly #aborted: Ended[] = []

  constructor(leader: number) {
    this.leader = leader
  }

  /** Behind what is decided. */
  get stable(): number {
    return Math.min(this.end, ...this.#open.values())
  }

  /** `join`: the coordinator takes the partition into the transaction, or answers why not. */
  append(question: Buffer, time: number, join: (producerId: bigint, epoch: number) => number) {
    const batch = readBatch(question, 0)
    if (batch === undefined) return { errorCode: codes.CORRUPT_MESSAGE, baseOffset: -1 }
    const refused = (errorCode: number) => ({ errorCode, baseOffset: -1 })
    const { producerId, producerEpoch, baseSequence, count, isTransactional } = batch
    const sender = this.#senders.get(producerId) ?? { epoch: -1, next: 0, known: [] }
    if (producerEpoch < sender.epoch) return refused(codes.INVALID_PRODUCER_EPOCH)
    if (producerEpoch === sender.epoch) {
      const known = sender.known.find(({ sequence }) => sequence === baseSequence)
      if (known !== undefined) return { errorCode: codes.NONE, baseOffset: known.offset }
    }
    const expected = producerEpoch > sender.epoch ? 0 : sender.next
    if (baseSequence !== expected) return refused(codes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    if (isTransactional) {
      const code = join(producerId, producerEpoch)
      if (code !== codes.NONE) return refused(code)
    }
    if (producerEpoch > sender.epoch) sender.known = []
    sender.epoch = producerEpoch
    sender.next = baseSequence + count
    const offset = this.end
    if (isTransactional && !this.#open.has(producerId)) this.#open.set(producerId, offset)
    sender.known = [...sender.known, { sequence: baseSequence, offset }].slice(-5)
    this.#senders.set(producerId, sender)
    this.#keep(Buffer.from(question), count, time)
    return { errorCode: codes.NONE, baseOffset: offset }
  }

  /** A transaction has ended, and its marker comes. */
  mark(producerId: bigint, epoch: number, isCommitted: boolean, time: number): void {
    const firstOffset = this.#open.get(producerId)
    if (firstOffset === undefined) return
    this.#open.delete(producerId)
    if (!isCommitted) this.#aborted.push({ producerId, firstOffset, last: this.end })
    const sender = this.#senders.get(producerId)
    if (sender !== undefined && sender.epoch < epoch) Object.assign(sender, { epoch, next: 0, known: [] })
    this.#keep(markerOf(producerId, epoch, isCommitted, time), 1, time)
  }

  /** From the batch that holds `offset`, up to `maxBytes` but at least one batch, nothing that is not decided. */
  read(offset: number, maxBytes: number) {
    const batches: Kept[] = []
    let bytes = 0
    for (const batch of this.#kept) {
      if (batch.last < Math.max(offset, this.begin) || batch.last >= this.stable) continue
      if (batches.length > 0 && bytes + batch.bytes.length > maxBytes) break
      batches.push(batch)
      bytes += batch.bytes.length
    }
    const to = batches.at(-1)?.last ?? -1
    const aborted = this.#aborted.filter(({ firstOffset, last }) => firstOffset <= to && last >= offset)
    return { records: Buffer.concat(batches.map(({ bytes }) => bytes)), aborted, stableOffset: this.stable }
  }

  /** The first offset at or after a time; -1 when no record is that young. */
  offsetAt(time: number): number {
    return this.#kept.find((batch) => batch.at >= time && batch.last < this.stable)?.first ?? -1
  }

  moveTo(node: number): void {
    this.leader = node
    this.leaderEpoch++
  }

  #keep(bytes: Buffer, count: number, time: number): void {
    writeInt64(bytes, this.end, at.baseOffset)
    bytes.writeInt32BE(this.leaderEpoch, at.leaderEpoch)
    this.#kept.push({ bytes, first: this.end, last: this.end + count - 1, at: time })
    this.end += count
  }
}

function markerOf(producerId: bigint, producerEpoch: number, isCommitted: boolean, time: number): Buffer {
  const encoder = new RecordsEncoder(undefined, 256)
  encoder.append(time, Buffer.from([0, 0, 0, isCommitted ? 1 : 0]), Buffer.from([0, 0, 0, 0, 0, 0]), [])
  const batch = encoder.finish()
  stampBatch(batch, { producerId, producerEpoch, baseSequence: -1, isTransactional: true })
  batch.writeInt16BE(batch.readInt16BE(at.attributes) | attribute.control, at.attributes)
  batch.writeUInt32BE(crc32c(batch, at.attributes), at.crc)
  return batch
}
