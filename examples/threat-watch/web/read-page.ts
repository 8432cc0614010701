/** What there is to read on a page. It is read as it comes, without a tree: however few of its elements are closed, it takes the same memory. */
import { parseMarkup } from './markup.ts'

export interface ReadPage {
  readonly title: string
  readonly description: string
  readonly text: string
  /** Absolute, of http and https, each once, in their order. */
  readonly links: readonly string[]
  readonly asksForPassword: boolean
  /** Absolute addresses by `rel`: `icon`, `manifest`. */
  readonly rels: Readonly<Record<string, string>>
  /** `<meta name="robots">` asks not to follow the links. */
  readonly noFollow: boolean
}

export interface ReadPageOptions {
  /** Default: 20,000 characters. */
  readonly textMax?: number
  /** Default: 200. */
  readonly linksMax?: number
}

const titleMax = 1_000
/** What they contain is not shown. */
const unseen = new Set(['script', 'style', 'noscript', 'template', 'svg'])
/** Words on both sides of these are two. */
const inline = new Set([
  'a',
  'b',
  'i',
  'em',
  'strong',
  'span',
  'u',
  'small',
  'sup',
  'sub',
  'font',
  'mark',
  'code',
  'wbr',
])

export function readPage(html: string, url: string, options: ReadPageOptions = {}): ReadPage {
  const { textMax = 20_000, linksMax = 200 } = options
  const links = new Set<string>()
  const rels: Record<string, string> = {}
  let [title, description, text, base] = ['', '', '', url]
  let [unseenDepth, asksForPassword, noFollow, isInTitle] = [0, false, false, false]

  const addBlank = (): void => {
    if (!text.endsWith(' ')) text += ' '
  }
  const absolute = (href: string | undefined): string | undefined => {
    const to = URL.parse(href ?? '', base)
    if (to === null || !['http:', 'https:'].includes(to.protocol)) return undefined
    to.hash = ''
    return to.href
  }
  const meet = (name: string, attributes: Readonly<Record<string, string>>): void => {
    const { href, content = '', rel, type } = attributes
    switch (name) {
      case 'base':
        base = absolute(href) ?? base
        break
      case 'a': {
        const to = absolute(href)
        if (to !== undefined && links.size < linksMax && !/\bnofollow\b/i.test(rel ?? '')) links.add(to)
        break
      }
      case 'link': {
        const to = absolute(href)
        for (const one of (rel ?? '').toLowerCase().split(/\s+/)) if (to !== undefined) rels[one] ??= to
        break
      }
      case 'meta':
        if (attributes['name']?.toLowerCase() === 'description') description ||= content
        if (attributes['name']?.toLowerCase() === 'robots') noFollow ||= /\b(nofollow|none)\b/i.test(content)
        break
      case 'input':
        asksForPassword ||= type?.toLowerCase() === 'password'
        break
    }
  }

  parseMarkup(html, {
    onopentag(name, attributes) {
      if (unseen.has(name)) unseenDepth++
      isInTitle = name === 'title' && unseenDepth === 0
      if (!inline.has(name)) addBlank()
      meet(name, attributes)
    },
    ontext(part) {
      if (unseenDepth > 0) return
      if (isInTitle && title.length <= titleMax) title += part
      // What is blank is made one below; until then it may be much.
      else if (text.length <= 4 * textMax) text += part.replaceAll(/\s+/g, ' ')
    },
    onclosetag(name) {
      if (unseen.has(name)) unseenDepth = Math.max(0, unseenDepth - 1)
      if (name === 'title') isInTitle = false
      if (!inline.has(name)) addBlank()
    },
  })
  return {
    title: plain(title, titleMax),
    description: plain(description, titleMax),
    text: plain(text, textMax),
    links: [...links],
    asksForPassword,
    rels,
    noFollow,
  }
}

/** In one line, without what is not seen, and without half a character at the end. */
export function plain(text: string, charactersMax: number): string {
  return text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, charactersMax)
    .toWellFormed()
}
