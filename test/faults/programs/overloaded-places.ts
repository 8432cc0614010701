/** What the overloaded app and its judge agree on. */

export const overloadFactor = 10

/** Nothing that was admitted may take longer than so many times as long as without the overload. */
export const slowerMax = 3

/** What the program is told. */
export interface OverloadedLife {
  readonly dir: string
  /** Pairs of turns, one at full load and one overloaded. */
  readonly turns: number
  readonly turnMs: number
}
