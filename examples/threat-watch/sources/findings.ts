/** What a visit has found: an answer in, candidates and further visits out. */
import type { Data } from '../../../src/index.ts'
import { textMax } from '../types.ts'
import type { Candidate } from '../types.ts'
import { decode } from '../web/decode.ts'
import { readFeed } from '../web/read-feed.ts'
import { readListing } from '../web/read-listing.ts'
import { readPage } from '../web/read-page.ts'
import type { Answer } from '../web/web.ts'
import { hostOf, isVisitable } from './visits.ts'
import type { Listed, Visit } from './visits.ts'

export interface Findings {
  readonly candidates: readonly Candidate[]
  readonly listed: readonly Data<typeof Listed>[]
  /** Pages to be visited. */
  readonly links: readonly string[]
  /** What was not as it should be, in words. */
  readonly faults: readonly string[]
}

/** Of the characters of a text; with more of them replaced, it is none. */
const replacedMax = 0.2

/** Undefined where it is not what it was visited as. */
export function findings(as: Visit['as'], { url, contentType, bytes }: Answer): Findings | undefined {
  const { text, charset, replaced } = decode(bytes, contentType)
  if (replaced > text.length * replacedMax || !isVisitable(url)) return undefined
  const faults = replaced === 0 ? [] : [`${replaced} characters are no ${charset}`]
  const read = readers[as](text, url)
  return read === undefined ? undefined : { ...none, ...read, faults: [...faults, ...(read.faults ?? [])] }
}

const none = { candidates: [], listed: [], links: [] }

const readers: Record<Visit['as'], (text: string, url: string) => Partial<Findings> | undefined> = {
  page(text, url) {
    const { links, noFollow, title, description, asksForPassword, ...page } = readPage(text, url, { textMax })
    return {
      candidates: [{ kind: 'page', host: hostOf(url), url, title, description, text: page.text, asksForPassword }],
      links: noFollow ? [] : links.filter(isVisitable),
    }
  },
  feed(text, url) {
    const entries = readFeed(text, url, textMax)?.filter((item) => isVisitable(item.url))
    return (
      entries && {
        candidates: entries.map((item) => ({ kind: 'feed', host: hostOf(url), ...item })),
        links: entries.map((item) => item.url),
      }
    )
  },
  listing(text, url) {
    const listing = readListing(text, url)
    return (
      listing && {
        listed: listing.apps
          .filter(({ url }) => isVisitable(url))
          .map(({ iconUrl, ...app }) => ({ app: { host: hostOf(url), ...app }, iconUrl })),
        faults: listing.faulty === 0 ? [] : [`${listing.faulty} of its apps cannot be read`],
      }
    )
  },
}
