/** Random choices that are the same everywhere, for the scripts that make data. */
export interface Seeded {
  /** A whole number from 0 up to the bound, without it. */
  readonly below: (bound: number) => number
  readonly pick: <Item>(items: readonly Item[]) => Item
  /** `{a|b}` becomes one of them. */
  readonly expand: (template: string) => string
}

/** The generator of the Numerical Recipes: enough for an example. */
export function seeded(seed: number): Seeded {
  let state = seed
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)]!
  return {
    below,
    pick,
    expand: (template) =>
      template.replaceAll(/\{([^{}|]*(?:\|[^{}|]*)+)\}/g, (_, choices: string) => pick(choices.split('|'))),
  }
}
