/** How alike two texts, names or packages are: from 0 to 1. */
import { distance } from 'fastest-levenshtein'

/** The words of a text and how often they are there, with the length of them as a vector. */
export interface WordCounts {
  readonly counts: ReadonlyMap<string, number>
  readonly norm: number
}

const wordsMax = 2_000

export function wordCountsOf(text: string): WordCounts {
  const counts = new Map<string, number>()
  let left = wordsMax
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}]{3,}/gu)) {
    if (left-- === 0) break
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  let squares = 0
  for (const [word, count] of counts) squares += weightOf(word, count) ** 2
  return { counts, norm: Math.sqrt(squares) }
}

/** The cosine of the angle between them. */
export function alikeness(a: WordCounts, b: WordCounts): number {
  if (a.norm === 0 || b.norm === 0) return 0
  const [few, many] = a.counts.size < b.counts.size ? [a, b] : [b, a]
  let product = 0
  for (const [word, count] of few.counts) {
    const other = many.counts.get(word)
    if (other !== undefined) product += weightOf(word, count) * weightOf(word, other)
  }
  return product / (a.norm * b.norm)
}

/** Words that everybody uses say nothing, long ones more than short ones: what a count over many texts would tell, without one. */
const weightOf = (word: string, count: number): number =>
  emptyWords.has(word) ? 0 : (1 + Math.log(count)) * Math.log(word.length)

const emptyWords: ReadonlySet<string> = new Set(
  'the and for with your you our are can from that this all any app apps has have not more now new one get use out was will its into over'.split(
    ' ',
  ),
)

/** The share of letters that are the same. */
export function sameLetters(a: string, b: string): number {
  const longest = Math.max(a.length, b.length)
  return longest === 0 ? 0 : 1 - distance(a, b) / longest
}
