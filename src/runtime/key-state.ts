/**
 * A key at one stop partition that cannot simply go on: an event of it runs, waits for its retry, or others wait behind it. Keys without
 * such a state are handled at once; so the table stays as small as the trouble.
 */
import type { Record } from '../event/record.ts'
import type { Attempt } from './attempt.ts'
import type { Feed } from './feed.ts'

/** A record that waits for its key. */
export interface Waiting {
  readonly record: Record
  readonly feed: Feed
}

/** The durable row of the park table, under the key's row name. */
export interface ParkRow {
  /** Failed tries of the key's oldest event. */
  attempts: number
  /** When that event failed first, in milliseconds since the epoch; 0 when it has not. */
  firstFailure: number
  /** When its next try is due, in milliseconds since the epoch. */
  due: number
  /** Unsettled events of the key in the parking topic. Above 0, arrivals follow them there. */
  count: number
  /** The offset of an older event of the key that is still in the input: it ran when the others moved. They wait for it. -1 for none. */
  head: number
  /** Set while a dead letter of the key waits for an operator (`whenDeadLettered: 'holdKey'`). */
  isHeld: boolean
}

const nothing = Object.freeze([]) as unknown as Waiting[]

export class KeyState {
  /** As `stateKey` gives it. */
  readonly key: string
  running: Attempt | undefined = undefined
  row: ParkRow | undefined = undefined
  /** The row differs from what the last unit wrote. */
  isRowTouched = false
  /** In partition order. Shared and empty until something waits: most states only mark that their key runs. */
  queue: Waiting[] = nothing
  /** The lowest offset in the parking topic that was let go from memory; -1 for none. It is read again when its turn comes. */
  dropped = -1
  /** When the next try is due, monotonic; 0 when nothing is waited for. */
  dueAt = 0

  constructor(key: string) {
    this.key = key
  }

  /** Lets a record wait behind the key; `isFirst` before all others. */
  wait(waiting: Waiting, isFirst = false): void {
    if (this.queue === nothing) this.queue = [waiting]
    else if (isFirst) this.queue.unshift(waiting)
    else this.queue.push(waiting)
  }

  /** Nothing runs, waits or is remembered: the key may be forgotten. */
  get isIdle(): boolean {
    return this.running === undefined && this.row === undefined && this.queue.length === 0 && this.dropped < 0
  }
}

/**
 * What events wait behind: their key; an event without a key waits for nobody, so it gets one of its own, which it keeps in the parking topic. Ids hold no
 * control characters, so the two kinds cannot be mistaken for each other.
 */
export function stateKey(record: Record): string {
  const { key } = record
  if (key === null) return `\0${record.id}`
  return key.charCodeAt(0) === 0 ? `\0\0${key}` : key
}

/** As written in the park table. */
export function encodeRow(row: ParkRow): string {
  return JSON.stringify(row)
}

export function decodeRow(text: string): ParkRow {
  return JSON.parse(text) as ParkRow
}
