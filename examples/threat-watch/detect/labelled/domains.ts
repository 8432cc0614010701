/** Names of domains, made like those of attackers and like those of honest people: as registrations, and as pages that show something. */
import { domainToASCII } from 'node:url'
import type { Page, Registration } from '../../types.ts'
import type { Seeded } from '../seeded.ts'
import { honestNames, luringNames } from './brands.ts'
import type { LabelledBrand } from './brands.ts'
import type { Labelled } from './make.ts'
import { elsewhere, honest, signInPages } from './texts.ts'

const suffixes = ['test', 'invalid', 'co.uk', 'org.pl', 'github.io']
const letters = 'abcdefghijklmnopqrstuvwxyz'

type Change = (name: string, random: Seeded) => string

const at = (name: string, place: number, removed: number, added: string): string =>
  name.slice(0, place) + added + name.slice(place + removed)

/** One of the letters that are there, by a letter that looks like it. */
function lookAlike(pairs: Readonly<Record<string, string>>): Change {
  return (name, { pick }) => {
    const usable = Object.keys(pairs).filter((letter) => name.includes(letter))
    const letter = pick(usable)
    return name.replace(letter, pairs[letter]!)
  }
}

const cyrillicAndGreek = { a: 'а', e: 'е', o: 'о', c: 'с', i: 'і', n: 'ո', v: 'ν', u: 'υ', k: 'к', r: 'г' }
const keys: Readonly<Record<string, string>> = {
  a: 's',
  c: 'v',
  d: 'f',
  e: 'r',
  h: 'j',
  i: 'u',
  k: 'l',
  l: 'k',
  m: 'n',
  n: 'm',
  o: 'p',
  r: 't',
  s: 'd',
  t: 'y',
  u: 'i',
  v: 'b',
  w: 'e',
  z: 'x',
}

/** By what they are called in the tools that look for them. */
const attacks: Readonly<Record<string, Change>> = {
  omission: (name, { below }) => at(name, 1 + below(name.length - 1), 1, ''),
  repetition: (name, { below }) => {
    const place = below(name.length)
    return at(name, place, 0, name[place]!)
  },
  transposition: (name, { below }) => {
    const places = Array.from({ length: name.length - 1 }, (_, place) => place).filter(
      (place) => name[place] !== name[place + 1],
    )
    const place = places[below(places.length)]!
    return at(name, place, 2, name[place + 1]! + name[place]!)
  },
  'wrong-key': (name, { below }) => {
    const place = below(name.length)
    return at(name, place, 1, keys[name[place]!] ?? 'e')
  },
  insertion: (name, { below }) => at(name, 1 + below(name.length - 1), 0, letters[below(26)]!),
  replacement: (name, { below }) => at(name, 1 + below(name.length - 1), 1, letters[below(26)]!),
  // A bit that falls over in the memory of a machine.
  bitsquatting: (name, { below }) => {
    const place = below(name.length)
    return at(name, place, 1, String.fromCharCode(name.charCodeAt(place) ^ 4).replace(/[^a-z]/, 'q'))
  },
  homoglyph: lookAlike(cyrillicAndGreek),
  'digit-for-letter': lookAlike({ o: '0', l: '1', e: '3', i: '1', a: '4', s: '5' }),
  'letters-for-letter': lookAlike({ m: 'rn', w: 'vv', d: 'cl', n: 'ri' }),
  accent: lookAlike({ a: 'á', e: 'é', o: 'ö', i: 'ï', u: 'ü' }),
  'other-suffix': (name) => name,
  hyphenation: (name, { below }) => at(name, 2 + below(name.length - 3), 0, '-'),
  'luring-word': (name, { pick }) => `${name}-${pick(luringNames)}`,
  'luring-word-before': (name, { pick }) => `${pick(luringNames)}-${name}`,
  'luring-word-attached': (name, { pick }) => `${name}${pick(luringNames).replaceAll('-', '')}`,
  'two-tricks': (name, random) => `${attacks['repetition']!(name, random)}-${random.pick(luringNames)}`,
}

const unrelated = [
  'blue',
  'old',
  'river',
  'stone',
  'garden',
  'fox',
  'amber',
  'copper',
  'field',
  'letter',
  'window',
  'salt',
  'maple',
  'wind',
]

export function domainsOf(brand: LabelledBrand, random: Seeded): readonly Labelled[] {
  const name = brand.domain.split('.')[0]!
  const { pick, below } = random
  const host = (label: string): string => domainToASCII(`${label}.${pick(suffixes)}`)
  const threats = [{ client: brand.domain, kind: 'fake-domain' }] as const
  const both = [...threats, { client: brand.domain, kind: 'keyword' }] as const
  const say = (texts: readonly string[]): string =>
    pick(texts).replaceAll('{brand}', brand.name).replaceAll('{trade}', brand.trade)
  const made: Labelled[] = []

  for (const [attack, change] of Object.entries(attacks)) {
    made.push({ candidate: registration(host(change(name, random)), random), threats, made: attack })
    const page = { title: `${brand.name}: sign in`, text: say(signInPages), asksForPassword: true }
    made.push({ candidate: pageOf(host(change(name, random)), page), threats, made: `${attack}-page` })
  }
  const above = `${name}.example.${pick(unrelated)}${below(90) + 10}.test`
  made.push({ candidate: registration(above, random), threats, made: 'domain-as-subdomain' })
  const lure = {
    title: brand.name,
    text: `Your ${brand.name} account was locked. Verify your card number within 24 hours, or it will be closed.`,
  }
  made.push({
    candidate: pageOf(host(`${name}-security`), { ...lure, asksForPassword: true }),
    threats: both,
    made: 'lure-page',
  })

  for (const neighbour of brand.neighbours) {
    made.push({ candidate: registration(host(neighbour), random), threats: [], made: 'neighbour' })
    const page = { title: `${neighbour}: about us`, text: say(elsewhere), asksForPassword: below(3) === 0 }
    made.push({ candidate: pageOf(host(neighbour), page), threats: [], made: 'neighbour-page' })
  }
  for (const word of honestNames) {
    const page = { title: `${brand.name} ${word}`, text: say(honest), asksForPassword: word === 'forum' }
    made.push({ candidate: pageOf(host(`${name}-${word}`), page), threats: [], made: 'third-party-page' })
  }
  const tenant = pageOf(`${name}.tickets.test`, {
    title: `${brand.name} help centre`,
    text: 'Tickets, answers and opening hours.',
  })
  const own = pageOf(`www.${brand.domain}`, { title: brand.name, text: say(signInPages), asksForPassword: true })
  const namesake = pageOf(`${name}.${pick(suffixes)}`, { title: `${name}, a family of potters`, text: say(elsewhere) })
  made.push(
    { candidate: tenant, threats: [], made: 'tenant-of-a-platform' },
    { candidate: own, threats: [], made: 'own-page' },
    { candidate: namesake, threats: [], made: 'namesake-page' },
  )
  for (let index = 0; index < 20; index++) {
    const label = `${pick(unrelated)}${pick(['', '-'])}${pick(unrelated)}`
    const page = { title: label, text: say(elsewhere), asksForPassword: below(4) === 0 }
    made.push({ candidate: pageOf(host(label), page), threats: [], made: 'unrelated-page' })
    made.push({ candidate: registration(host(`${label}${below(100)}`), random), threats: [], made: 'unrelated' })
  }
  return made
}

const registration = (host: string, { below, pick }: Seeded): Registration => ({
  kind: 'domain',
  host,
  registeredOn: `2026-11-${String(1 + below(20)).padStart(2, '0')}`,
  registrar: pick(['Names by the Dozen', 'Registrar of Last Resort', 'Dot and Co']),
})

export const pageOf = (
  host: string,
  shown: Partial<Page> & { readonly title: string; readonly text: string },
): Page => ({
  kind: 'page',
  host,
  url: `https://${host}/`,
  description: '',
  asksForPassword: false,
  ...shown,
})
