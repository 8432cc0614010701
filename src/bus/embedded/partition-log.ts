/**
 * One partition as the embedded bus keeps it: how far it is appended, how far it is durable, its window, and who reads it.
 */
import type { Record } from '../../event/record.ts'
import type { PartitionReader } from './partition-reader.ts'
import { Window } from './window.ts'
import type { WindowBudget } from './window.ts'

export class PartitionLog {
  readonly topic: string
  readonly partition: number
  readonly window: Window
  /** The offset that the next record is given. */
  end: number
  /** Everything below is durable. */
  synced: number
  /** Already in the list of partitions whose readers are told after a group commit. */
  isTouched = false
  readonly #budget: WindowBudget
  #readers: PartitionReader[] = []

  constructor(topic: string, partition: number, end: number, budget: WindowBudget) {
    this.topic = topic
    this.partition = partition
    this.end = end
    this.synced = end
    this.window = new Window(budget)
    this.#budget = budget
  }

  addReader(reader: PartitionReader): void {
    if (this.#readers.length === 0) this.#budget.count(1)
    this.#readers.push(reader)
  }

  removeReader(reader: PartitionReader): void {
    this.#readers = this.#readers.filter((other) => other !== reader)
    if (this.#readers.length > 0) return
    this.#budget.count(-1)
    this.window.clear()
  }

  /** Takes over records that the journal has appended. */
  appended(records: readonly Record[]): void {
    this.end += records.length
    if (this.#readers.length === 0) return
    if (!this.window.hasRoom) this.#overtake()
    this.window.push(records)
  }

  /** Tells those who read ahead. */
  tellAhead(): void {
    for (const reader of this.#readers) if (reader.isAhead) reader.tell()
  }

  /** Tells everybody; after a group commit. */
  tellAll(): void {
    for (const reader of this.#readers) reader.tell()
  }

  /** Lets the window go up to where its slowest reader stands. */
  release(): void {
    let slowest = Infinity
    for (const { position } of this.#readers) if (position < slowest) slowest = position
    this.window.release(slowest)
  }

  /** Of several readers the slowest gives way to the next: it reads the journal from now on. */
  #overtake(): void {
    let next = Infinity
    for (const { position } of this.#readers) if (position > this.window.begin && position < next) next = position
    if (next !== Infinity) this.window.release(next)
  }
}
