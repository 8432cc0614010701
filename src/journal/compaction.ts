/**
 * Which entries of compacted topics have been overtaken: a newer one of the same key in the same partition is in the log, and every group
 * that reads the topic has settled the older one.
 *
 * Invariants:
 * - K1 The newest entry of a key is never given up, except a tombstone by K2.
 * - K2 A tombstone is given up only when its time is over and it is the only entry of its key left on the disk: so that no older value
 *   comes back.
 * - K3 Entries without a key are kept.
 */
import type { EntryView } from './entry.ts'
import type { Journal, JournalTopic } from './journal.ts'
import { Unsettled } from './retention.ts'

interface Newest {
  offset: number
  /** Entries of the key on the disk, copies included. */
  count: number
}

/** What is overtaken, as of the moment at which the log was read. */
export class Overtaken {
  /** By topic, partition and key. */
  readonly #newest: ReadonlyMap<string, ReadonlyMap<string, Newest>>
  readonly #topics: ReadonlyMap<string, JournalTopic>
  readonly #unsettled: Unsettled
  readonly #now: number

  constructor(newest: ReadonlyMap<string, ReadonlyMap<string, Newest>>, journal: Journal, now: number) {
    this.#newest = newest
    this.#topics = new Map(journal.topics().map((topic) => [topic.name, topic]))
    this.#unsettled = new Unsettled(journal)
    this.#now = now
  }

  /** How many keys there are. */
  get keys(): number {
    let keys = 0
    for (const newest of this.#newest.values()) keys += newest.size
    return keys
  }

  has(topic: string, partition: number, entry: EntryView): boolean {
    const { key, offset } = entry
    const newest = key === null ? undefined : this.#newest.get(placeName(topic, partition))?.get(key)
    if (newest === undefined || offset >= this.#unsettled.from(topic, partition)) return false
    if (offset < newest.offset) return true
    const { timeMs = Infinity } = this.#topics.get(topic)?.retention ?? {}
    return entry.isTombstone && newest.count === 1 && entry.appendedAt <= this.#now - timeMs
  }
}

/** Reads every entry of these topics and notes the newest of each key. Costs one string and a few numbers a key. */
export async function findOvertaken(journal: Journal, topics: ReadonlySet<string>, now: number): Promise<Overtaken> {
  const found = new Map<string, Map<string, Newest>>()
  for (const { base, contents } of journal.segments()) {
    if (!contents.some(({ topic }) => topics.has(topic))) continue
    for await (const { topic, partition, entries } of journal.maintenance.rows(base)) {
      if (!topics.has(topic)) continue
      const place = placeName(topic, partition)
      const newest = found.get(place) ?? new Map<string, Newest>()
      found.set(place, newest)
      for (const { view } of entries) note(newest, view)
    }
  }
  return new Overtaken(found, journal, now)
}

function note(newest: Map<string, Newest>, { key, offset }: EntryView): void {
  if (key === null) return
  const known = newest.get(key)
  if (known === undefined) newest.set(key, { offset, count: 1 })
  else {
    known.offset = Math.max(known.offset, offset)
    known.count++
  }
}

const placeName = (topic: string, partition: number): string => `${topic}/${partition}`
