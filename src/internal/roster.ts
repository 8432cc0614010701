/**
 * The objects that are under way, in no order. Each knows its place, so that one is taken out without a search.
 *
 * Not a Set: what a Set has let go lives on in the tables that it has outgrown. Each table points to the next, so that one of them in the old generation of the heap
 * keeps all that follow, with whatever was under way, until the whole heap is collected. At a steady rate that was a quarter of all garbage, and
 * each young collection copied it.
 */

/** What can be on a roster; on one at a time. */
export interface Listed {
  /** Where it stands; -1 while it is on none. */
  place: number
}

export class Roster<Item extends Listed> {
  readonly #items: Item[] = []

  get size(): number {
    return this.#items.length
  }

  add(item: Item): void {
    if (item.place >= 0) return
    item.place = this.#items.length
    this.#items.push(item)
  }

  /** Taking out what is not there changes nothing. */
  delete(item: Item): void {
    const { place } = item
    if (this.#items[place] !== item) return
    item.place = -1
    const last = this.#items.pop()!
    if (last === item) return
    this.#items[place] = last
    last.place = place
  }

  /** All of them, as they are now: whoever looks at them may take them out. */
  list(): readonly Item[] {
    return this.#items.slice()
  }
}
