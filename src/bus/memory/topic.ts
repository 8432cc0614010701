/** Topics in memory: arrays of records, with the end that is appended and the end that is durable. */
import type { Record } from '../../event/record.ts'
import type { RetentionSpec } from '../bus.ts'
import type { Reader } from '../reader.ts'

/** One partition. Offsets below `begin` were removed, those from `synced` on are not durable yet. */
export class MemoryPartition {
  readonly partition: number
  begin = 0
  synced = 0
  readonly readers: Set<Reader> = new Set()
  #records: Record[] = []

  constructor(partition: number) {
    this.partition = partition
  }

  get end(): number {
    return this.begin + this.#records.length
  }

  append(record: Record): void {
    this.#records.push(record)
  }

  slice(from: number, to: number): readonly Record[] {
    return this.#records.slice(from - this.begin, to - this.begin)
  }

  /** Removes what lies below `offset`; answers how many records went. */
  trim(offset: number): number {
    const count = Math.max(0, Math.min(offset, this.synced) - this.begin)
    if (count === 0) return 0
    this.#records.splice(0, count)
    this.begin += count
    return count
  }
}

export class MemoryTopic {
  readonly name: string
  readonly retention: RetentionSpec
  readonly partitions: readonly MemoryPartition[]

  constructor(name: string, partitions: number, retention: RetentionSpec) {
    this.name = name
    this.retention = retention
    this.partitions = Array.from({ length: partitions }, (_, partition) => new MemoryPartition(partition))
  }
}
