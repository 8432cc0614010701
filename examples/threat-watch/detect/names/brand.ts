/** What a client is known by, made ready to be compared with many candidates: once for each state of what is known. */
import type { Knowledge } from '../../types.ts'
import { domainOf } from './domain.ts'
import { skeletonOf } from './skeleton.ts'

export interface Brand {
  /** The name of its domain first. */
  readonly words: readonly BrandWord[]
  /** Of all its words, as they look, by themselves in a text. */
  readonly mention: RegExp
  /** A text without any of them has no mention, and that is found out sooner. */
  readonly mentionStarts: readonly string[]
}

export interface BrandWord {
  /** Letters and digits alone, in lower case. */
  readonly text: string
  readonly skeleton: string
}

/** Shorter ones are found in too much. */
const lettersMin = 3

/** Words of trades and of what everybody offers: a client may have them in its name, and so may anybody else. */
const commonWords: ReadonlySet<string> = new Set(
  `bank banking finance financial insurance credit capital group holding company corp inc ltd limited gmbh services service online shop store market
  travel air airlines energy power telecom mobile media news health care clinic pharma foods coffee hotel hotels games sport sports cloud software
  systems digital data app apps pay payments wallet card mail post login account home contact about welcome official the and for with your`.split(
    /\s+/,
  ),
)

const brands = new WeakMap<Knowledge, Brand>()

export function brandOf(knowledge: Knowledge): Brand {
  const known = brands.get(knowledge)
  if (known !== undefined) return known
  const telling = knowledge.brandWords.filter((word) => !commonWords.has(word))
  const names = [domainOf(knowledge.client.domain)?.name ?? '', ...telling].filter(
    (name) => lettersOf(name).length >= lettersMin,
  )
  const texts = [...new Set(names.map(lettersOf))]
  const words = texts.map((text) => ({ text, skeleton: skeletonOf(text) }))
  const brand = {
    words,
    mention: mentionOf(names),
    mentionStarts: [...new Set(names.flatMap((name) => partsOf(name).slice(0, 1)))],
  }
  brands.set(knowledge, brand)
  return brand
}

export const lettersOf = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')

/** True for its hosts and all below them. */
export const isOwn = ({ domains }: Knowledge, host: string): boolean =>
  domains.some((domain) => host === domain || host.endsWith(`.${domain}`))

/** As they look, in parts, between which other signs may stand: `Acme-Bank` for `acme bank`. */
const partsOf = (name: string): readonly string[] =>
  skeletonOf(name)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part !== '')

function mentionOf(names: readonly string[]): RegExp {
  const patterns = [...new Set(names)].map((name) => partsOf(name).join('[^\\p{L}\\p{N}]{0,2}'))
  // Nothing is mentioned where nothing is known.
  return patterns.length === 0
    ? /(?!)/u
    : new RegExp(`(?<![\\p{L}\\p{N}])(?:${patterns.join('|')})(?![\\p{L}\\p{N}])`, 'u')
}
