/** Where a text speaks of a brand, also when it writes it so that a search would not find it: `Ve1oris`. */
import type { FeedItem, Page } from '../../types.ts'
import type { Brand } from './brand.ts'
import { skeletonOf } from './skeleton.ts'

/** As they look: what was written differs from it in letters that look alike. */
export function mentions(readable: Page | FeedItem, { mention }: Brand): readonly string[] {
  return lookOf(readable).match(mention) ?? []
}

const looks = new WeakMap<Page | FeedItem, string>()

/** All that it says, as it looks: made once for all brands, as they are compared one after the other. */
export function lookOf(readable: Page | FeedItem): string {
  const known = looks.get(readable)
  if (known !== undefined) return known
  const description = readable.kind === 'page' ? readable.description : ''
  const look = skeletonOf(`${readable.title}\n${description}\n${readable.text}`.toLowerCase())
  looks.set(readable, look)
  return look
}
