/** In what way the name of a domain is like the brand of a client: the strongest way wins. */
import type { Evidence } from '../../types.ts'
import { lettersOf } from '../names/brand.ts'
import type { Brand, BrandWord } from '../names/brand.ts'
import type { Domain } from '../names/domain.ts'
import { skeletonOf } from '../names/skeleton.ts'
import { slipOf } from '../names/typo.ts'
import { evidence } from '../verdict.ts'
import { honestWords, nameScores, riskyWords, shortWord, slipScores } from './weights.ts'

/** A shorter brand is looked for as a whole word only. */
const lettersInside = 5

export function likenessOf(name: Name, { words }: Brand, clientDomain: string): Evidence | undefined {
  let best = asSubdomain(name, words, clientDomain)
  for (const word of words) {
    const found = wholeName(name, word) ?? partOfName(name, word)
    if (found !== undefined && found.score > (best?.score ?? 0)) best = found
  }
  return best
}

/** The name of a domain, made ready to be compared with many brands. */
export interface Name extends Part {
  readonly domain: Domain
  /** Between hyphens. */
  readonly parts: readonly Part[]
  readonly subdomains: readonly Part[]
}

interface Part {
  readonly text: string
  readonly skeleton: string
}

export const nameOf = (domain: Domain): Name => ({
  domain,
  ...partOf(lettersOf(domain.name)),
  parts: domain.name
    .split('-')
    .filter((part) => part !== '')
    .map(partOf),
  subdomains: domain.subdomains.map(partOf),
})

const partOf = (text: string): Part => ({ text, skeleton: skeletonOf(text) })

function wholeName({ domain, text, skeleton }: Name, word: BrandWord): Evidence | undefined {
  if (text === word.text)
    return text === domain.name
      ? found('other-suffix', `${domain.shown} is ${word.text} under .${domain.suffix}`)
      : found('hyphenated', `${domain.shown} is ${word.text} with hyphens`)
  if (skeleton === word.skeleton) return found('homoglyph', `${domain.shown} looks like ${word.text}`)
  return slip(domain, text, skeleton, word)
}

function slip(domain: Domain, text: string, skeleton: string, word: BrandWord): Evidence | undefined {
  // As it is written, so that a slip has its own name; and as it looks, for one that hides among homoglyphs.
  const kind = slipOf(text, word.text) ?? slipOf(skeleton, word.skeleton)
  if (kind === undefined) return undefined
  const share = word.text.length < shortWord.letters ? shortWord.share : 1
  return evidence(kind, slipScores[kind] * share, `${domain.shown} differs from ${word.text} by this slip: ${kind}`)
}

/** The brand, or what looks like it, with something before or behind it. */
function partOfName(name: Name, word: BrandWord): Evidence | undefined {
  const isBrand = ({ text, skeleton }: Part): boolean => text === word.text || skeleton === word.skeleton
  const isSlip = ({ text }: Part): boolean => slipOf(text, word.text) !== undefined
  if (name.parts.length > 1) {
    const at = name.parts.findIndex(isBrand)
    if (at >= 0) return withWords(name.domain, word, textsBut(name.parts, at))
    const near = name.parts.findIndex(isSlip)
    const others = textsBut(name.parts, near)
    if (near >= 0 && others.every((other) => riskyWords.has(other))) return withWords(name.domain, word, others)
  }
  if (word.text.length < lettersInside) return undefined
  const rest = restOf(name.text, word.text) ?? restOf(name.skeleton, word.skeleton)
  if (rest === undefined) return undefined
  if (riskyWords.has(rest) || honestWords.has(rest)) return withWords(name.domain, word, [rest])
  return found('brand-inside', `${name.domain.shown} has ${word.text} in it, and ${rest}`)
}

const textsBut = (parts: readonly Part[], at: number): readonly string[] =>
  parts.toSpliced(at, 1).map(({ text }) => text)

function restOf(text: string, part: string): string | undefined {
  if (text.length <= part.length) return undefined
  if (text.startsWith(part)) return text.slice(part.length)
  return text.endsWith(part) ? text.slice(0, -part.length) : undefined
}

function withWords(domain: Domain, word: BrandWord, others: readonly string[]): Evidence {
  const said = `${domain.shown} is ${word.text} with ${others.join(', ')}`
  if (others.some((other) => honestWords.has(other))) return found('brand-and-honest-words', said)
  return found(others.some((other) => riskyWords.has(other)) ? 'brand-and-risky-words' : 'brand-and-other-words', said)
}

/** What its owner puts before a domain costs nothing: the brand, or its whole domain. */
function asSubdomain(
  { domain, parts, subdomains }: Name,
  words: readonly BrandWord[],
  clientDomain: string,
): Evidence | undefined {
  if (subdomains.length === 0) return undefined
  const above = `.${domain.subdomains.join('.')}.`
  if (above.includes(`.${clientDomain}.`) || above.includes(`.${clientDomain.replaceAll('.', '-')}.`))
    return found('brand-domain-as-subdomain', `${domain.shown} begins like ${clientDomain}`)
  const word = words.find(({ skeleton }) => subdomains.some((label) => label.skeleton === skeleton))
  if (word === undefined) return undefined
  const isRisky = [...subdomains, ...parts].some(({ text }) => riskyWords.has(text) && text !== 'www')
  return found(
    isRisky ? 'brand-and-risky-words' : 'brand-as-subdomain',
    `${domain.shown} has ${word.text} as a subdomain`,
  )
}

const found = (what: keyof typeof nameScores, detail: string): Evidence => evidence(what, nameScores[what], detail)
