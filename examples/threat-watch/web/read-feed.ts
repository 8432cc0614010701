/** The entries of an RSS, Atom or RDF feed. */
import { DomHandler, getFeed } from 'htmlparser2'
import { parseMarkup } from './markup.ts'
import { plain, readPage } from './read-page.ts'

export interface FeedEntry {
  readonly url: string
  readonly title: string
  readonly text: string
}

const itemsMax = 200
const titleMax = 1_000

/** Undefined where it is no feed. Entries that lead nowhere are left out. */
export function readFeed(source: string, url: string, textMax: number): readonly FeedEntry[] | undefined {
  const handler = new DomHandler()
  parseMarkup(source, handler, { xmlMode: true })
  const feed = getFeed(handler.dom)
  if (feed === null) return undefined
  // Feeds carry markup in their texts.
  const words = (html = '', max: number): string => plain(readPage(html, url, { textMax: max }).text, max)
  return feed.items.slice(0, itemsMax).flatMap(({ link, title, description }) => {
    const to = link === undefined ? null : URL.parse(link, url)
    if (to === null || !['http:', 'https:'].includes(to.protocol)) return []
    return [{ url: to.href, title: words(title, titleMax), text: words(description, textMax) }]
  })
}
