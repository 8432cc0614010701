/** A commit unit as record batches, written once: they may be sent again, as they are, under another epoch. */
import type { Record } from '../../event/record.ts'
import type { CommitUnit, StateChange } from '../../event/unit.ts'
import type { Codec } from './driver/compression.ts'
import type { UnitBatch } from './driver/producer.ts'
import { RecordsEncoder } from './driver/records-encoder.ts'
import { textOf, writeRecord } from './kafka-record.ts'
import { rowKey } from './state-tables.ts'

export interface UnitBatchesOptions {
  readonly codec: Codec | undefined
  /** A batch above it is refused by brokers. */
  readonly batchBytesMax: number
  /** A topic as the cluster calls it. */
  readonly outside: (topic: string) => string
  /** Where the rows of a partition are. */
  readonly stateTopic: string
  readonly home: (partition: number) => number
}

/** A batch is closed when it has so many bytes, and before a record with which it would be too large; a single record may be larger. */
const usualBytes = 512 * 1024
/** What a record has beside its data, in all but strange cases. */
const envelopeBytes = 128 * 1024
/** A character of a text takes at the most. */
const characterBytes = 3

/** The batches of a unit, in the order of its outputs, and which records are in which. */
export class UnitBatches {
  readonly batches: UnitBatch[] = []
  readonly #records: (readonly Record[])[] = []
  readonly #options: UnitBatchesOptions
  readonly #at: number

  /** `at`: the time of its records, in milliseconds since the epoch. */
  constructor({ outputs, changes }: CommitUnit, rows: readonly StateChange[], at: number, options: UnitBatchesOptions) {
    this.#options = options
    this.#at = at
    const encoder = new RecordsEncoder(options.codec)
    for (const [, some] of Map.groupBy(outputs, ({ topic, partition }) => `${topic}/${partition}`)) {
      const { topic, partition } = some[0]!
      const place = { topic: options.outside(topic), partition }
      this.#write(
        encoder,
        place,
        some.flatMap(({ records }) => records),
      )
    }
    const byHome = Map.groupBy([...changes, ...rows], ({ partition }) => options.home(partition))
    for (const [partition, some] of byHome) {
      const close = (): void => this.#close(encoder, { topic: options.stateTopic, partition }, [])
      for (const change of some) {
        if (this.#isFullWith(encoder, change.value)) close()
        encoder.append(at, rowKey(change), change.value, [])
        if (encoder.bytes >= usualBytes) close()
      }
      close()
    }
  }

  /** What no broker takes, as a sentence each. */
  faults(): string[] {
    const { batchBytesMax } = this.#options
    return this.batches
      .filter(({ batch }) => batch.length > batchBytesMax)
      .map(({ topic, partition }) => `a record for ${topic}/${partition} takes more than ${batchBytesMax} bytes`)
  }

  /** Gives the records their offsets, once they are committed. */
  place(offsets: readonly number[]): void {
    for (const [index, records] of this.#records.entries()) {
      const base = offsets[index] ?? -1
      for (const [delta, record] of records.entries()) {
        if (base >= 0) record.offset = base + delta
        record.appendedAt = this.#at
        record.unchangedFrom = undefined
      }
    }
  }

  #write(encoder: RecordsEncoder, place: Place, records: readonly Record[]): void {
    let first = 0
    for (const [index, record] of records.entries()) {
      const text = textOf(record)
      if (this.#isFullWith(encoder, text)) {
        this.#close(encoder, place, records.slice(first, index))
        first = index
      }
      writeRecord(encoder, record, this.#at, text)
      if (encoder.bytes < usualBytes) continue
      this.#close(encoder, place, records.slice(first, index + 1))
      first = index + 1
    }
    this.#close(encoder, place, records.slice(first))
  }

  /** Whether a batch may be larger than brokers take with a record of this text. */
  #isFullWith(encoder: RecordsEncoder, text: string | null): boolean {
    const most = (text?.length ?? 0) * characterBytes + envelopeBytes
    return encoder.count > 0 && encoder.bytes + most > this.#options.batchBytesMax
  }

  #close(encoder: RecordsEncoder, place: Place, records: readonly Record[]): void {
    const { count } = encoder
    if (count === 0) return
    this.batches.push({ ...place, count, batch: encoder.finish() })
    this.#records.push(records)
  }
}

interface Place {
  readonly topic: string
  readonly partition: number
}
