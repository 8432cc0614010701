/**
 * The ids that an entry has accepted lately, so that one id is one event. Kept as rows of a state table, one row for all ids of a unit, so it survives a
 * restart; rows that leave the window are deleted, so it never grows.
 *
 * Invariants:
 * - S1 An id is in the row of the unit that holds its event: both are there or neither.
 * - S2 The rows hold `countMax` ids at least, when so many were accepted within the time, and one unit's ids more at most.
 * - S3 Where nothing is to be remembered (`countMax` 0), nothing is written either.
 * - S4 The window is kept by the time that passes: an id is not forgotten early, nor kept for long, because the wall clock is set.
 */
import type { StateChange } from '../event/unit.ts'
import type { Clock } from '../internal/platform/platform.ts'

/** The ids of one unit: all that is kept of an id is its place in the map and its row. */
export interface SeenRow {
  /** -1 until its unit is handed over. */
  sequence: number
  /** Of the row in the table: the sequence, and who has written it where several members write. */
  key: string
  at: number
  readonly ids: string[]
  /** Resolves when the newest event of the row is durable, and then all of them are. */
  durable: Promise<unknown>
}

const now: Promise<void> = Promise.resolve()

export class SeenIds {
  readonly store: string
  readonly #countMax: number
  readonly #timeMs: number
  readonly #byId: Map<string, SeenRow> = new Map()
  /** Oldest first. */
  #rows: SeenRow[] = []
  #count = 0
  #sequence = 0
  #suffix = ''
  /** Of the time that passes, against the monotonic clock. */
  #origin: number | undefined
  /** Accepted since the last unit was handed over. */
  #fresh: SeenRow = newRow()

  constructor(entry: string, window: { readonly countMax: number; readonly timeMs: number }) {
    this.store = `seen/${entry}`
    this.#countMax = window.countMax
    this.#timeMs = window.timeMs
  }

  /** `member`: names who writes from now on, where others of the group write rows of their own; what they accept meanwhile is not known here. */
  load(rows: ReadonlyMap<string, string>, member?: string): void {
    this.#suffix = member === undefined ? '' : `.${member}`
    const loaded = [...rows].map(([key, text]): SeenRow => {
      const [at = '0', ...ids] = text.split(' ')
      return { sequence: Number.parseInt(key, 10), key, at: Number(at), ids, durable: now }
    })
    this.#rows = loaded.toSorted((one, other) => one.at - other.at || one.sequence - other.sequence)
    this.#sequence = this.#rows.reduce((most, { sequence }) => Math.max(most, sequence), -1) + 1
    for (const row of this.#rows) {
      this.#count += row.ids.length
      for (const id of row.ids) this.#byId.set(id, row)
    }
  }

  /** The present moment (S4): it goes on from the wall time of the start, or from the newest row where that is later. */
  time(clock: Clock): number {
    this.#origin ??= Math.max(clock.now(), this.#rows.at(-1)?.at ?? 0) - clock.monotonic()
    return Math.floor(this.#origin + clock.monotonic())
  }

  /** What there is of an id within the window: a promise of its durability. */
  find(id: string, now: number): Promise<unknown> | undefined {
    const seen = this.#byId.get(id)
    return seen === undefined || seen.at + this.#timeMs < now ? undefined : seen.durable
  }

  /** Remembers an id; its row, to be told when its event is durable, rides in the unit that is being gathered. */
  add(id: string, at: number): SeenRow {
    if (this.#countMax === 0) return newRow()
    const row = this.#fresh
    row.ids.push(id)
    row.at = at
    this.#byId.set(id, row)
    return row
  }

  /** The unit of an id was refused: its row rides with the next one, as its event does. */
  again(id: string): void {
    const old = this.#byId.get(id)
    if (old === undefined) return
    const row = this.add(id, old.at)
    row.durable = old.durable
  }

  /** The rows that change with the unit that is handed over now. */
  takeChanges(): StateChange[] {
    const row = this.#fresh
    if (row.ids.length === 0) return []
    this.#fresh = newRow()
    row.sequence = this.#sequence++
    row.key = `${row.sequence}${this.#suffix}`
    this.#rows.push(row)
    this.#count += row.ids.length
    const changes = [this.#change(row.key, `${row.at} ${row.ids.join(' ')}`)]
    while (this.#hasLeft(this.#rows[0]!, row.at)) {
      const old = this.#rows.shift()!
      this.#count -= old.ids.length
      for (const id of old.ids) if (this.#byId.get(id) === old) this.#byId.delete(id)
      changes.push(this.#change(old.key, null))
    }
    return changes
  }

  /** True for an oldest row that is out of the window, by the ids behind it or by its time. */
  #hasLeft(oldest: SeenRow, now: number): boolean {
    return this.#count - oldest.ids.length >= this.#countMax || oldest.at + this.#timeMs < now
  }

  #change(key: string, value: string | null): StateChange {
    return { store: this.store, partition: 0, key, value }
  }
}

function newRow(): SeenRow {
  return { sequence: -1, key: '', at: 0, ids: [], durable: now }
}
