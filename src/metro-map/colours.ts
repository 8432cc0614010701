/** Which colour a route has. */
import type { Route } from './network.ts'

/** Told apart also by those who see fewer colours (Okabe and Ito, 2008), without the yellow that white swallows. */
export const colours: readonly string[] = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b8860b', '#56b4e9', '#7a4fbf']

/** A route keeps its colour while others come and go: it follows from its name, and only a colour that is taken is passed over. */
export function coloursOf(routes: readonly Route[]): ReadonlyMap<string, number> {
  const given = new Map<string, number>()
  const taken: number[] = colours.map(() => 0)
  const sorted = routes.filter(({ kind }) => kind !== 'told').toSorted((one, other) => (one.id < other.id ? -1 : 1))
  for (const [index, { id }] of sorted.entries()) {
    const round = Math.floor(index / colours.length)
    let colour = hash(id) % colours.length
    while (taken[colour]! > round) colour = (colour + 1) % colours.length
    taken[colour]!++
    given.set(id, colour)
  }
  return given
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  return value >>> 0
}
