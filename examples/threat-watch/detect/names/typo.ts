/**
 * How one word came of another by a slip of a finger, or of somebody who hopes for one. Words are in lower case.
 */
import { distance } from 'fastest-levenshtein'

export type Slip =
  | 'dropped-letter'
  | 'doubled-letter'
  | 'added-letter'
  | 'swapped-letters'
  | 'neighbour-key'
  | 'look-alike-letter'
  | 'other-letter'
  | 'two-slips'

/** Short words have too many honest neighbours. */
const lettersMin = 5
/** Of a word this long, two letters may differ. */
const lettersForTwo = 9

/** Undefined when the words are the same, or differ by more than that. */
export function slipOf(word: string, meant: string): Slip | undefined {
  if (meant.length < lettersMin || Math.abs(word.length - meant.length) > 2) return undefined
  const edits = distance(word, meant)
  if (edits === 0 || edits > 2) return undefined
  const at = firstDifference(word, meant)
  if (edits === 2) {
    const isSwap = word.length === meant.length && word === swapped(meant, at)
    if (isSwap) return 'swapped-letters'
    return meant.length >= lettersForTwo ? 'two-slips' : undefined
  }
  if (word.length < meant.length) return 'dropped-letter'
  // The first difference is behind a run of the same letters.
  if (word.length > meant.length) return word[at] === word[at - 1] ? 'doubled-letter' : 'added-letter'
  const [is, should] = [word[at]!, meant[at]!]
  if (lookAlikes.has(pair(is, should))) return 'look-alike-letter'
  return neighbours.has(pair(is, should)) ? 'neighbour-key' : 'other-letter'
}

function firstDifference(a: string, b: string): number {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return at
}

const swapped = (text: string, at: number): string =>
  text.slice(0, at) + (text[at + 1] ?? '') + (text[at] ?? '') + text.slice(at + 2)

const pair = (a: string, b: string): string => (a < b ? a + b : b + a)

/** Letters and digits that are read for each other; those that Unicode knows of are caught by the skeleton already. */
const lookAlikes = new Set(
  ['e3', 'a4', 's5', 'g6', 't7', 'b8', 'g9', 'z2', 'i1', 'l1', 'o0', 'il', 'gq', 'uv', 'ij'].map((letters) =>
    pair(letters[0]!, letters[1]!),
  ),
)

/** Keys that touch, on the keyboards QWERTY, QWERTZ and AZERTY. */
const neighbours = new Set(
  [
    ['1234567890-', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'],
    ['1234567890-', 'qwertzuiop', 'asdfghjkl', 'yxcvbnm'],
    ['1234567890-', 'azertyuiop', 'qsdfghjklm', 'wxcvbn'],
  ].flatMap(touching),
)

/** Each row lies half a key to the right of the one above it: a key touches the one beside it, and two below. */
function touching(rows: readonly string[]): readonly string[] {
  return rows.flatMap((row, index) =>
    Array.from(row).flatMap((key, column) => {
      const below = rows[index + 1] ?? ''
      return [row[column + 1], below[column], below[column - 1]]
        .filter((other) => other !== undefined)
        .map((other) => pair(key, other))
    }),
  )
}
