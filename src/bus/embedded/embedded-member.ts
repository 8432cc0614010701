/** One app on the embedded bus: the only member of its group, and so the owner of all that it subscribes to. */
import type { Record } from '../../event/record.ts'
import type { Acknowledgement, CommitUnit, StateChange } from '../../event/unit.ts'
import type { Assignment, Member, MemberListener, PollRequest, Settled } from '../bus.ts'
import type { EmbeddedLog } from './embedded-log.ts'
import { PartitionReader } from './partition-reader.ts'

export class EmbeddedMember implements Member {
  readonly group: string
  readonly listener: MemberListener
  /** Units of this epoch and of older ones are refused; -1 while none was. */
  refusedEpoch = -1
  readonly #log: EmbeddedLog
  /** By topic, then partition. */
  readonly #readers = new Map<string, (PartitionReader | undefined)[]>()

  constructor(log: EmbeddedLog, group: string, listener: MemberListener) {
    this.#log = log
    this.group = group
    this.listener = listener
  }

  assign(assignments: readonly Assignment[]): void {
    for (const assignment of assignments) {
      const { topic, partition } = assignment
      const readers = this.#readers.get(topic) ?? []
      this.#readers.set(topic, readers)
      readers[partition] = new PartitionReader(
        this.#log.partition(topic, partition),
        this.#log.journal,
        assignment,
        this.listener,
        (error) => this.listener.failed(error),
      )
    }
    if (assignments.length > 0) this.listener.assigned(assignments)
    for (const readers of this.#readers.values()) for (const reader of readers) reader?.tell()
  }

  owns(topic: string, partition: number): boolean {
    return this.#readers.get(topic)?.[partition] !== undefined
  }

  poll(topic: string, partition: number, request: PollRequest): readonly Record[] {
    return this.#readers.get(topic)?.[partition]?.poll(request) ?? none
  }

  rewind(topic: string, partition: number, offset: number): void {
    this.#readers.get(topic)?.[partition]?.rewind(offset)
  }

  settle(unit: CommitUnit): Promise<Settled> {
    return this.#log.settle(this, unit)
  }

  async seek(acknowledgements: readonly Acknowledgement[], changes: readonly StateChange[]): Promise<void> {
    this.#log.checkNothingHeld()
    const lost = acknowledgements.filter(({ topic, partition }) => this.owns(topic, partition))
    for (const { topic, partition } of lost) {
      const readers = this.#readers.get(topic)!
      readers[partition]!.close()
      readers[partition] = undefined
    }
    this.listener.revoked(lost.map(({ topic, partition }) => ({ topic, partition })))
    this.assign(await this.#log.moved(this, acknowledgements, changes))
  }

  async load(store: string, partition: number): Promise<ReadonlyMap<string, string>> {
    const { journal } = this.#log
    const rows = new Map(journal.rows(this.group, store, partition))
    await journal.synced()
    return rows
  }

  async leave(): Promise<void> {
    await this.#log.ended(this)
    this.revoke()
    this.#log.left(this)
  }

  revoke(): void {
    const lost = [...this.#readers].flatMap(([topic, readers]) =>
      readers.flatMap((reader, partition) => (reader === undefined ? [] : { topic, partition })),
    )
    for (const readers of this.#readers.values()) for (const reader of readers) reader?.close()
    this.#readers.clear()
    if (lost.length > 0) this.listener.revoked(lost)
  }
}

const none: readonly Record[] = Object.freeze([])
