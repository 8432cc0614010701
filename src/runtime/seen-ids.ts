/**
 * The ids that an entry has accepted lately, so that one id is one event. Kept as rows of a state table, one row for all ids of a unit, so it survives a
 * restart; rows that leave the window are deleted, so it never grows.
 *
 * Invariants:
 * - S1 An id is in the row of the unit that holds its event: both are there or neither.
 * - S2 The rows hold `countMax` ids at least, when so many were accepted, and one unit's ids more at most.
 */
import type { StateChange } from '../event/unit.ts'

/** The ids of one unit. */
interface Row {
  readonly sequence: number
  readonly at: number
  readonly ids: readonly string[]
}

export class SeenIds {
  readonly store: string
  readonly #countMax: number
  readonly #timeMs: number
  /** By id: when it came, and a promise that resolves when its event is durable. */
  readonly #byId: Map<string, { readonly at: number; readonly durable: Promise<unknown> }> = new Map()
  /** Oldest first. */
  #rows: Row[] = []
  #count = 0
  #sequence = 0
  /** Accepted since the last unit was handed over. */
  #fresh: string[] = []
  #freshAt = 0

  constructor(entry: string, window: { readonly countMax: number; readonly timeMs: number }) {
    this.store = `seen/${entry}`
    this.#countMax = window.countMax
    this.#timeMs = window.timeMs
  }

  load(rows: ReadonlyMap<string, string>): void {
    const loaded = [...rows].map(([key, text]): Row => {
      const [at = '0', ...ids] = text.split(' ')
      return { sequence: Number(key), at: Number(at), ids }
    })
    this.#rows = loaded.toSorted((one, other) => one.sequence - other.sequence)
    this.#sequence = (this.#rows.at(-1)?.sequence ?? -1) + 1
    for (const { at, ids } of this.#rows) {
      this.#count += ids.length
      for (const id of ids) this.#byId.set(id, { at, durable: Promise.resolve() })
    }
  }

  /** What there is of an id within the window: a promise of its durability. */
  find(id: string, now: number): Promise<unknown> | undefined {
    const seen = this.#byId.get(id)
    return seen === undefined || seen.at + this.#timeMs < now ? undefined : seen.durable
  }

  /** Remembers an id; its row rides in the unit that is being gathered. */
  add(id: string, at: number, durable: Promise<unknown>): void {
    this.#fresh.push(id)
    this.#freshAt = at
    this.#byId.set(id, { at, durable })
  }

  /** The unit of an id was refused: its row rides with the next one, as its event does. */
  again(id: string): void {
    this.#fresh.push(id)
  }

  /** The rows that change with the unit that is handed over now. */
  takeChanges(): StateChange[] {
    if (this.#fresh.length === 0) return []
    const row: Row = { sequence: this.#sequence++, at: this.#freshAt, ids: this.#fresh }
    this.#fresh = []
    this.#rows.push(row)
    this.#count += row.ids.length
    const changes = [this.#change(row.sequence, `${row.at} ${row.ids.join(' ')}`)]
    while (this.#rows.length > 1 && this.#count - this.#rows[0]!.ids.length >= this.#countMax) {
      const old = this.#rows.shift()!
      this.#count -= old.ids.length
      for (const id of old.ids) if (this.#byId.get(id)?.at === old.at) this.#byId.delete(id)
      changes.push(this.#change(old.sequence, null))
    }
    return changes
  }

  #change(sequence: number, value: string | null): StateChange {
    return { store: this.store, partition: 0, key: String(sequence), value }
  }
}
