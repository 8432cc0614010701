/**
 * A multinomial naive Bayes classifier of short texts, with each word and pair of words counted once a text: "Baselines and Bigrams", S. Wang and C. Manning, ACL 2012. The
 * libraries for it bring language models of megabytes or databases; this is a table of counts.
 *
 * The model is whole numbers only, so that training makes the same bytes on every machine.
 */
export interface Model {
  /** How many texts of each kind it has seen. */
  readonly texts: Counts
  /** In how many of them each feature was. */
  readonly features: Readonly<Record<string, Counts>>
}

export type Counts = readonly [harmless: number, threat: number]

/** Fewer say more about the template than about the language. */
const textsMin = 3
const tellingMax = 5

export function train(examples: readonly { readonly isThreat: boolean; readonly text: string }[]): Model {
  const counts = new Map<string, [number, number]>()
  const texts: [number, number] = [0, 0]
  for (const { isThreat, text } of examples) {
    const kind = isThreat ? 1 : 0
    texts[kind]++
    for (const feature of featuresOf(text)) {
      const count = counts.get(feature) ?? [0, 0]
      count[kind]++
      counts.set(feature, count)
    }
  }
  const kept = [...counts].filter(([, [harmless, threat]]) => harmless + threat >= textsMin)
  // By code unit, whatever the language of the machine.
  return { texts, features: Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : 1))) }
}

export class Classifier {
  /** By how much a feature makes a threat more likely: logarithms of ratios. */
  readonly #weights: ReadonlyMap<string, number>

  constructor({ features }: Model) {
    const entries = Object.entries(features)
    const sum = (kind: 0 | 1): number => entries.reduce((sum, [, counts]) => sum + counts[kind], entries.length)
    const [harmlessSum, threatSum] = [sum(0), sum(1)]
    this.#weights = new Map(
      entries.map(([feature, [harmless, threat]]) => [
        feature,
        Math.log((threat + 1) / threatSum) - Math.log((harmless + 1) / harmlessSum),
      ]),
    )
  }

  /** That a text is a threat, from 0 to 1. */
  probability(text: string): number {
    let sum = 0
    let known = 0
    for (const feature of featuresOf(text)) {
      const weight = this.#weights.get(feature)
      if (weight === undefined) continue
      sum += weight
      known++
    }
    // Words of a text hang together, and it does not become surer with each: their sum grows like its root.
    return 1 / (1 + Math.exp(-sum / Math.sqrt(Math.max(1, known))))
  }

  /** What speaks most for a threat, the most telling first. */
  telling(text: string): readonly string[] {
    const weightOf = (feature: string): number => this.#weights.get(feature) ?? 0
    const speaking = [...featuresOf(text)].filter((feature) => weightOf(feature) > 0)
    return speaking.toSorted((a, b) => weightOf(b) - weightOf(a)).slice(0, tellingMax)
  }
}

/** Words, and pairs of words that follow each other. A number is one whatever its value is. */
function featuresOf(text: string): ReadonlySet<string> {
  const features = new Set<string>()
  let before = ''
  for (const [word] of text
    .replaceAll('{brand}', ' ')
    .normalize('NFKC')
    .toLowerCase()
    .matchAll(/\p{L}[\p{L}\p{N}'-]*|\p{N}+/gu)) {
    const feature = /^\p{N}/u.test(word) ? '0' : word
    features.add(feature)
    if (before !== '') features.add(`${before} ${feature}`)
    before = feature
  }
  return features
}
