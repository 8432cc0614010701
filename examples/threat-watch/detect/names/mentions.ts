/** Where a text speaks of a brand, also when it writes it so that a search would not find it: `Ve1oris`. */
import type { FeedItem, Page } from '../../types.ts'
import type { Brand } from './brand.ts'
import { skeletonOf } from './skeleton.ts'

/** The sentence that first speaks of the brand. */
export function firstMention(readable: Page | FeedItem, brand: Brand): string | undefined {
  return sentencesOf(readable).find((sentence) => speaksOf(sentence, brand))?.text
}

/** The sentences that speak of the brand, each with its neighbours: what is said about others, far away on the same page, is not about it. */
export function passages(readable: Page | FeedItem, brand: Brand): readonly string[] {
  const sentences = sentencesOf(readable)
  const speaks = sentences.map((sentence) => speaksOf(sentence, brand))
  if (!speaks.includes(true)) return []
  const isNear = (index: number): boolean => [-2, -1, 0, 1, 2].some((step) => speaks[index + step] === true)
  return sentences.filter((_, index) => isNear(index)).map(({ text }) => text)
}

const speaksOf = ({ look }: Sentence, { mention, mentionStarts }: Brand): boolean =>
  mentionStarts.some((start) => look.includes(start)) && mention.test(look)

interface Sentence {
  readonly text: string
  readonly look: string
}

const sentencesMax = 500

const read = new WeakMap<Page | FeedItem, readonly Sentence[]>()

/** Made once for all brands, as they are compared one after the other. */
function sentencesOf(readable: Page | FeedItem): readonly Sentence[] {
  const known = read.get(readable)
  if (known !== undefined) return known
  const description = readable.kind === 'page' ? readable.description : ''
  const texts = `${readable.title}\n${description}\n${readable.text}`.split(/\n+|(?<=[.!?:;])\s+/, sentencesMax)
  const sentences = texts
    .filter((text) => text.trim() !== '')
    .map((text) => ({ text, look: skeletonOf(text.toLowerCase()) }))
  read.set(readable, sentences)
  return sentences
}
