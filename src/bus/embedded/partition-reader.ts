/**
 * A member's place in one partition of the embedded bus. Answers from the window by reference; what is older comes from the journal in the
 * background, one batch at hand and one on its way at most.
 *
 * Invariants:
 * - P1 Records are answered in offset order, each at most once between two rewinds, also where window and journal meet.
 * - P2 Whoever polls short is told `ready` as soon as a poll would answer something.
 */
import type { Record } from '../../event/record.ts'
import type { Journal } from '../../journal/index.ts'
import type { Assignment, MemberListener, PollRequest } from '../bus.ts'
import { Reader } from '../reader.ts'
import type { PartitionLog } from './partition-log.ts'

/** One read of the journal. */
const readLimits = { recordsMax: 512, bytesMax: 512 * 1024 }

export class PartitionReader {
  readonly log: PartitionLog
  readonly #reader: Reader
  readonly #journal: Pick<Journal, 'read'>
  readonly #failed: (error: unknown) => void
  /** Read from the journal, not answered yet: `#stock[#taken]` is the next. */
  #stock: readonly Record[] = none
  #taken = 0
  #isReading = false
  #isClosed = false

  constructor(
    log: PartitionLog,
    journal: Pick<Journal, 'read'>,
    assignment: Assignment,
    listener: MemberListener,
    failed: (error: unknown) => void,
  ) {
    this.log = log
    this.#journal = journal
    this.#failed = failed
    this.#reader = new Reader(assignment, listener)
    log.addReader(this)
  }

  get isAhead(): boolean {
    return this.#reader.isAhead
  }

  get position(): number {
    return this.#reader.position
  }

  get #limit(): number {
    return this.#reader.isAhead ? this.log.end : this.log.synced
  }

  poll(request: PollRequest): readonly Record[] {
    const reader = this.#reader
    reader.isAhead = request.ahead
    const records = this.#take(request.recordsMax)
    reader.polled(records.length < request.recordsMax)
    this.#read()
    this.log.release()
    return records
  }

  rewind(offset: number): void {
    this.#stock = none
    this.#taken = 0
    this.#reader.rewind(offset)
    this.tell()
  }

  /** Tells `ready` if it is owed and something is at hand; else sees to it that something comes to hand. */
  tell(): void {
    if (this.#isAtHand) this.#reader.tell(this.#limit)
    else this.#read()
  }

  close(): void {
    this.#isClosed = true
    this.log.removeReader(this)
  }

  get #isAtHand(): boolean {
    return this.#taken < this.#stock.length || this.log.window.has(this.#reader.position)
  }

  #take(recordsMax: number): readonly Record[] {
    const reader = this.#reader
    const { window } = this.log
    const limit = this.#limit
    let taken: readonly Record[] = none
    reader.moveTo(reader.position)
    while (taken.length < recordsMax && reader.position < limit) {
      const room = recordsMax - taken.length
      let run: readonly Record[]
      if (window.has(reader.position)) {
        this.#stock = none
        const to = Math.min(reader.runEnd(limit), window.end, reader.position + room)
        run = window.slice(reader.position, to)
        reader.moveTo(to)
      } else {
        run = this.#takeStock(room)
        if (run.length === 0 && !window.has(reader.position)) break
      }
      taken = taken.length === 0 ? run : [...taken, ...run]
    }
    return taken
  }

  /** The next of what was read from the journal, up to where the window begins. */
  #takeStock(recordsMax: number): readonly Record[] {
    const reader = this.#reader
    const run: Record[] = []
    while (this.#taken < this.#stock.length && run.length < recordsMax && !this.log.window.has(reader.position)) {
      const record = this.#stock[this.#taken]!
      if (record.offset >= reader.position) {
        reader.moveTo(record.offset)
        // What retention left out may have ended inside a settled range, or inside the window.
        if (reader.position !== record.offset) continue
        if (this.log.window.has(reader.position)) break
        run.push(record)
        reader.moveTo(record.offset + 1)
      }
      this.#taken++
    }
    return run
  }

  /** Reads on from the journal, unless something is at hand or on its way, or nothing is there. */
  #read(): void {
    if (this.#isReading || this.#isClosed || this.#isAtHand) return
    const from = this.#reader.position
    const to = this.log.synced
    if (from >= to) return
    this.#isReading = true
    this.#journal.read(this.log.topic, this.log.partition, from, readLimits).then(
      (records) => this.#hasRead(records, from, to),
      (error: unknown) => {
        if (!this.#isClosed) this.#failed(error)
      },
    )
  }

  #hasRead(records: readonly Record[], from: number, to: number): void {
    this.#isReading = false
    if (this.#isClosed) return
    // Rewound meanwhile: what came belongs elsewhere, and `tell` reads again.
    if (this.#reader.position === from) {
      if (records.length === 0) this.#reader.moveTo(to)
      this.#stock = records
      this.#taken = 0
    }
    this.tell()
  }
}

const none: readonly Record[] = Object.freeze([])
