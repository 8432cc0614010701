import type { Appender } from './appender.ts'
/**
 * What retention, cleaning and compaction work with: they decide what is live, this keeps the log whole while it moves.
 *
 * To give the space of a segment back: `move` the rows that are live, wait until that position is durable, `trim` with the segment's base in
 * `removed`, wait again, then `drop` it. A crash anywhere in between leaves every live entry readable: at most it lies in two segments, which readers allow
 * for, and recovery finishes a removal that the log knows of.
 */
import { copyEntry, inlinedBytes } from './entry.ts'
import type { EntryView } from './entry.ts'
import type { Pending } from './pending.ts'
import type { Reader } from './reader.ts'
import type { Segments } from './segments.ts'
import { beginPayload, lineBytes, writeLine } from './unit.ts'

/** An entry where it lies, with the data that belongs to it. */
export interface StoredEntry {
  readonly view: EntryView
  readonly data: Uint8Array
}

/** Entries of one row of a segment's index, in offset order. What is moved of it stays together and apart from others (index invariant X2). */
export interface StoredRow {
  readonly topic: string
  readonly partition: number
  readonly entries: readonly StoredEntry[]
  /** The highest offset of it that was copied before a crash, with all that was live below it; -1 for none. */
  readonly copiedTo: number
}

/** Where partitions begin from now on, and which segments are gone. */
export interface TrimOrder {
  readonly begins: readonly { readonly topic: string; readonly partition: number; readonly begin: number }[]
  /** Bases of sealed segments. */
  readonly removed: readonly number[]
}

/** What moving asks of the open journal. */
export interface MaintenanceParts {
  readonly appender: Appender
  readonly reader: Reader
  readonly segments: Segments
  /** Appends, if that may be, and has it written; answers the position behind. */
  readonly appended: (append: () => number) => number
  /** Runs what touches the disk; what fails is told as the journal tells it. */
  readonly io: <Value>(call: string, work: () => Promise<Value>) => Promise<Value>
  /** Resolves when all that was appended is synced, whatever the mode. */
  readonly onDisk: () => Promise<void>
  /** Resolves when every read that has begun is over. */
  readonly readsOver: () => Promise<unknown>
  readonly hasRoom: () => boolean
}

/** How the log is cleaned; on `Journal.maintenance`. Positions are as those of `append`. */
export interface Maintenance {
  /** The rows of a sealed segment, chunk by chunk. Rejects with MB_JOURNAL_CORRUPT when a frame is damaged. */
  rows(base: number): AsyncIterable<StoredRow>
  /** Copies entries to the end, data inlined, offsets and times unchanged. Keep a call below a few MiB. Answers the position behind. */
  move(rows: readonly StoredRow[]): number
  /** Writes down what is given up. Begins never go back. Answers the position behind. */
  trim(order: TrimOrder): number
  /** Deletes the files of a segment that a durable trim has removed, once nobody reads them. */
  drop(base: number): Promise<void>
  /** Where a partition begins. */
  begin(topic: string, partition: number): number
  /** False while the disk or the memory is short: then nothing should be copied. */
  readonly hasRoom: boolean
}

/** Bytes of an entry as `move` copies it. */
export const copiedBytes = ({ view }: StoredEntry): number => inlinedBytes(view)

/** Makes the maintenance side of an open journal. */
export function makeMaintenance({
  appender,
  reader,
  segments,
  appended,
  io,
  onDisk,
  readsOver,
  hasRoom,
}: MaintenanceParts): Maintenance {
  const { state } = appender
  return {
    async *rows(base) {
      const segment = segments.at(base)
      if (segment === undefined) return
      const rows = reader.rows(segment)
      for (
        let row = await io('read', () => rows.next());
        row.done !== true;
        row = await io('read', () => rows.next())
      ) {
        const { topic, partition, entries, copiedTo } = row.value
        yield { topic: state.topicByNumber(topic)!.name, partition, entries, copiedTo }
      }
    },
    move: (rows) =>
      appended(() => {
        const kept = rows.filter((row) => row.entries.length > 0)
        const numbers = kept.map((row) => appender.topic(row.topic, row.partition).number)
        return appender.moved((out) => encodeMoved(out, kept, numbers))
      }),
    trim: ({ begins, removed }) =>
      appended(() => {
        const numbered = begins.map(({ topic: name, partition, begin }) => {
          const topic = appender.topic(name, partition)
          return [topic.number, partition, Math.max(begin, topic.begins[partition]!)] as const
        })
        return appender.trim({ begins: numbered, removed: removed.filter((base) => state.sealed.has(base)) })
      }),
    drop: async (base) => {
      if (state.sealed.has(base)) return
      // In the weaker modes the trim, and what was copied before it, may be only written yet: after a power cut the log would still want the segment.
      await onDisk()
      segments.hide(base)
      await readsOver()
      await io('unlink', () => segments.remove(base))
    },
    begin: (topic, partition) => appender.topic(topic, partition).begins[partition]!,
    get hasRoom() {
      return hasRoom()
    },
  }
}

function encodeMoved(out: Pending, rows: readonly StoredRow[], topics: readonly number[]): number {
  const lines = beginPayload(out, 0, rows.length)
  for (const [index, { partition, entries }] of rows.entries()) {
    const start = out.size
    for (const { view, data } of entries) copyEntry(out, view, data)
    writeLine(out, lines + index * lineBytes, {
      topic: topics[index]!,
      partition,
      count: entries.length,
      start,
      bytes: out.size - start,
      first: entries[0]!.view.offset,
      last: entries.at(-1)!.view.offset,
    })
  }
  return rows.length
}
