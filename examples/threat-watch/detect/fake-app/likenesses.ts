/** In what an app is like those of a client: each of five things once, by the one that it is most like. */
import type { AppListing, Evidence, Knowledge } from '../../types.ts'
import { brandOf, lettersOf } from '../names/brand.ts'
import type { BrandWord } from '../names/brand.ts'
import { skeletonOf } from '../names/skeleton.ts'
import { evidence } from '../verdict.ts'
import { bitsThatDiffer } from './icon-hash.ts'
import { alikeness, sameLetters, wordCountsOf } from './texts.ts'
import type { WordCounts } from './texts.ts'
import {
  brandInDeveloper,
  brandInName,
  brandInPackage,
  descriptionMin,
  iconBits,
  nameDifferenceMax,
} from './weights.ts'

/** All but the description. */
export function likenessesAtSight(app: AppListing, knowledge: Knowledge): readonly Evidence[] {
  const look = lookOf(app)
  const known = knownOf(knowledge)
  const { words } = brandOf(knowledge)
  return [
    ...nameLikeness(look, words, known),
    ...iconLikeness(app, knowledge),
    ...packageLikeness(look, words, known),
    ...developerLikeness(look, words, knowledge),
  ]
}

export function descriptionLikeness(app: AppListing, knowledge: Knowledge): readonly Evidence[] {
  const words = wordCountsOf(app.description)
  return strongest(
    'description',
    knownOf(knowledge),
    (known) => (alikeness(words, known.words) - descriptionMin) / (1 - descriptionMin),
    (known) => `${Math.round(alikeness(words, known.words) * 100)} % like the description of "${known.name}"`,
  )
}

/** An app of somebody, made ready to be compared with many clients. */
interface Look {
  readonly app: AppListing
  /** Its name in letters; as they look; and as they look where they are large, because a large I looks like a small l. */
  readonly names: readonly string[]
  readonly package: string
  readonly developer: string
}

const looks = new WeakMap<AppListing, Look>()

function lookOf(app: AppListing): Look {
  const made = looks.get(app)
  if (made !== undefined) return made
  const letters = lettersOf(app.name)
  const asWritten = skeletonOf(app.name.replaceAll(/[^\p{L}\p{N}|]/gu, ''))
  const look = {
    app,
    names: [...new Set([letters, skeletonOf(letters), asWritten])],
    package: skeletonOf(lettersOf(app.package)),
    developer: skeletonOf(lettersOf(app.developer)),
  }
  looks.set(app, look)
  return look
}

/** An app of the client, made ready to be compared with many others. */
interface Known {
  readonly name: string
  readonly package: string
  readonly shapes: readonly string[]
  readonly words: WordCounts
}

const knownApps = new WeakMap<Knowledge, readonly Known[]>()

function knownOf(knowledge: Knowledge): readonly Known[] {
  const made = knownApps.get(knowledge)
  if (made !== undefined) return made
  const known = knowledge.apps.map((app) => {
    const letters = lettersOf(app.name)
    const shapes = [...new Set([letters, skeletonOf(letters)])]
    return { name: app.name, package: app.package, shapes, words: wordCountsOf(app.description) }
  })
  knownApps.set(knowledge, known)
  return known
}

function nameLikeness({ app, names }: Look, words: readonly BrandWord[], known: readonly Known[]): readonly Evidence[] {
  const ofBrand = strongest(
    'name',
    words,
    ({ text, skeleton }) => {
      if (!names.some((name) => name.includes(text) || name.includes(skeleton))) return 0
      return names.includes(text) || names.includes(skeleton) ? 1 : brandInName
    },
    ({ text }) => `"${app.name}" has ${text} in it`,
  )
  if (ofBrand[0]?.score === 1) return ofBrand
  const ofApp = strongest(
    'name',
    known,
    ({ shapes }) => nearness(Math.max(...names.flatMap((name) => shapes.map((shape) => sameLetters(name, shape))))),
    ({ name }) => `"${app.name}" is like "${name}"`,
  )
  return (ofApp[0]?.score ?? 0) > (ofBrand[0]?.score ?? 0) ? ofApp : ofBrand
}

function iconLikeness({ iconHash }: AppListing, { apps, iconHash: own, client }: Knowledge): readonly Evidence[] {
  if (iconHash === null || !isTelling(iconHash)) return []
  const icons = [...apps.map((app) => ({ hash: app.iconHash, of: app.package })), { hash: own, of: client.domain }]
  const bits = (hash: string | null): number => (hash === null ? 64 : bitsThatDiffer(iconHash, hash))
  return strongest(
    'icon',
    icons,
    ({ hash }) => (iconBits.other - bits(hash)) / (iconBits.other - iconBits.same),
    ({ hash, of }) => `${bits(hash)} of 64 bits differ from the icon of ${of}`,
  )
}

const nothing = '0'.repeat(16)
/** A flat icon has no bits, and is like any other that has few. */
const isTelling = (hash: string): boolean => bitsThatDiffer(hash, nothing) >= iconBits.telling

function packageLikeness(look: Look, words: readonly BrandWord[], known: readonly Known[]): readonly Evidence[] {
  const own = look.app.package
  const ofApp = strongest(
    'package',
    known,
    (app) => nearness(sameLetters(own, app.package)),
    (app) => (app.package === own ? `${own} is the package of "${app.name}"` : `${own} is like ${app.package}`),
  )
  if (ofApp.length > 0) return ofApp
  return strongest(
    'package',
    words,
    ({ skeleton }) => (look.package.includes(skeleton) ? brandInPackage : 0),
    ({ text }) => `${own} has ${text} in it`,
  )
}

function developerLikeness(look: Look, words: readonly BrandWord[], { client }: Knowledge): readonly Evidence[] {
  const name = skeletonOf(lettersOf(client.name))
  return strongest(
    'developer',
    [{ skeleton: name, text: client.name }, ...words],
    ({ skeleton }) => {
      if (look.developer === name) return 1
      return look.developer.startsWith(skeleton) ? brandInDeveloper : 0
    },
    ({ text }) => `"${look.app.developer}" is, or begins with, ${text}`,
  )
}

/** 1 for the same, 0 for what differs in more letters than what is alike may. */
const nearness = (share: number): number => 1 - (1 - share) / nameDifferenceMax

/** The one with the highest score, and none where nothing scores. Words are found for that one alone. */
function strongest<Item>(
  what: string,
  items: readonly Item[],
  scoreOf: (item: Item) => number,
  detailOf: (item: Item) => string,
): readonly Evidence[] {
  let best: Item | undefined
  let bestScore = 0
  for (const item of items) {
    const score = scoreOf(item)
    if (score > bestScore) [best, bestScore] = [item, score]
  }
  return best === undefined ? [] : [evidence(what, bestScore, detailOf(best))]
}
