/**
 * The ids that an entry has accepted lately, so that one id is one event. Kept as rows of a state table that is written round and round, so
 * it survives a restart and never grows.
 */
import type { StateChange } from '../event/unit.ts'
import type { Receipt } from './definition.ts'

interface Seen {
  readonly id: string
  readonly at: number
  /** Resolves when the event with this id is durable. */
  readonly durable: Promise<unknown>
}

export class SeenIds {
  readonly store: string
  readonly #countMax: number
  readonly #timeMs: number
  readonly #byId: Map<string, Seen> = new Map()
  readonly #slots: (Seen | undefined)[] = []
  /** Counts ids; the row is this modulo the window. */
  #next = 0

  constructor(entry: string, window: { readonly countMax: number; readonly timeMs: number }) {
    this.store = `seen/${entry}`
    this.#countMax = window.countMax
    this.#timeMs = window.timeMs
  }

  load(rows: ReadonlyMap<string, string>, now: number): void {
    for (const text of rows.values()) {
      const [sequence = 0, at = 0] = text.split(' ', 2).map(Number)
      this.#next = Math.max(this.#next, sequence + 1)
      if (at + this.#timeMs >= now) this.#put(sequence, { id: text.split(' ').slice(2).join(' '), at, durable: Promise.resolve() })
    }
  }

  /** What there is of an id within the window: a promise of its durability. */
  find(id: string, now: number): Promise<unknown> | undefined {
    const seen = this.#byId.get(id)
    return seen === undefined || seen.at + this.#timeMs < now ? undefined : seen.durable
  }

  /** The row to be written with the event of a new id. */
  change(id: string, now: number): StateChange {
    return { store: this.store, partition: 0, key: String(this.#next % this.#countMax), value: `${this.#next} ${now} ${id}` }
  }

  /** Remembers the id in the place that `change` has named. */
  add(id: string, at: number, durable: Promise<Receipt>): void {
    this.#put(this.#next++, { id, at, durable })
  }

  #put(sequence: number, seen: Seen): void {
    const slot = sequence % this.#countMax
    const old = this.#slots[slot]
    if (old !== undefined && this.#byId.get(old.id) === old) this.#byId.delete(old.id)
    this.#slots[slot] = seen
    this.#byId.set(seen.id, seen)
  }
}
