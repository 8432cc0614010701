/** The name that was probably meant. */

/** More edits than this make another word. */
const editsMax = 2

/** The nearest of the known names, when it is at most two edits away: a letter too many, too few, wrong, or two of them swapped. */
export function closest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let fewest = Math.min(editsMax, Math.floor(name.length / 2)) + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= fewest) continue
    const count = edits(name, candidate)
    if (count >= fewest) continue
    best = candidate
    fewest = count
  }
  return best
}

/** Edits between two words (Damerau and Levenshtein, swaps of neighbours only), row by row. */
function edits(from: string, to: string): number {
  let before: number[] = []
  let above = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const swap = isSwapped ? (before[column - 2] ?? 0) + 1 : Infinity
      current[column] = Math.min(
        (above[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + (isSame ? 0 : 1),
        swap,
      )
    }
    before = above
    above = current
  }
  return above[to.length] ?? 0
}
