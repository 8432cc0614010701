/** Apps of the clients, of those who copy them, and of others. Icons are given by their hashes alone: that pictures which look alike have like hashes is what the test of the hash shows. */
import { createHash } from 'node:crypto'
import type { AppListing, Knowledge, KnownApp } from '../../types.ts'
import type { Seeded } from '../seeded.ts'
import type { LabelledBrand } from './brands.ts'
import type { Labelled } from './make.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const nameOf = ({ domain }: LabelledBrand): string => domain.split('.')[0]!

const randomHash = ({ below }: Seeded): string => Array.from({ length: 16 }, () => below(16).toString(16)).join('')

function bitsFlipped(hash: string, count: number, { below }: Seeded): string {
  let bits = BigInt(`0x${hash}`)
  for (let index = 0; index < count; index++) bits ^= 1n << BigInt(below(64))
  return bits.toString(16).padStart(16, '0')
}

export function knowledgeOf(brand: LabelledBrand, random: Seeded): Knowledge {
  const name = nameOf(brand)
  const iconHash = randomHash(random)
  const app: KnownApp = {
    package: `example.${name}.app`,
    name: brand.app,
    description: brand.pitch,
    iconHash,
    certificates: [sha256(`certificate of ${brand.name}`)],
  }
  const words = [brand.name.toLowerCase(), name, ...brand.name.toLowerCase().split(' ')].filter(
    (word) => word.length > 2,
  )
  return {
    client: { name: brand.name, domain: brand.domain },
    brandWords: [...new Set(words)],
    domains: [brand.domain],
    apps: [app],
    iconHash,
  }
}

export function appsOf(brand: LabelledBrand, knowledge: Knowledge, random: Seeded): readonly Labelled[] {
  const { below, pick } = random
  const listing = (changes: Partial<AppListing>): AppListing => {
    const id = below(1_000_000)
    return {
      kind: 'app',
      host: 'store.test',
      url: `https://store.test/apps/${id}`,
      package: `com.${pick(['bright', 'quick', 'tiny'])}.app${id}`,
      name: 'App',
      developer: pick(['Bright Apps', 'Quick Tools', 'Tiny Studio']),
      description: pick(others),
      iconHash: randomHash(random),
      apkUrl: `https://store.test/apps/${id}.apk`,
      certificates: null,
      ...changes,
    }
  }
  const [known] = knowledge.apps as readonly [KnownApp]
  const copied: Copied = {
    brand,
    known,
    name: nameOf(brand),
    icon: (bits) => bitsFlipped(known.iconHash!, bits, random),
    random,
  }
  const threats = [{ client: brand.domain, kind: 'fake-app' }] as const
  return [
    ...Object.entries(fakes(copied)).map(([made, changes]) => ({ candidate: listing(changes), threats, made })),
    ...Object.entries(honestApps(copied)).map(([made, changes]) => ({
      candidate: listing(changes),
      threats: [],
      made,
    })),
  ]
}

/** What others make their apps of. */
interface Copied {
  readonly brand: LabelledBrand
  readonly known: KnownApp
  /** Of the domain. */
  readonly name: string
  /** Of the known app, with so many of its bits changed. */
  readonly icon: (bits: number) => string
  readonly random: Seeded
}

function fakes({ brand, known, name, icon }: Copied): Readonly<Record<string, Partial<AppListing>>> {
  const word = brand.app.split(' ').at(-1)!
  return {
    clone: { name: brand.app, iconHash: icon(2), description: brand.pitch, developer: brand.name },
    'clone-of-the-package': {
      name: brand.app,
      package: known.package,
      iconHash: icon(0),
      certificates: [sha256(`thief of ${name}`)],
    },
    'misspelt-clone': { name: brand.app.replace(/([aeiou])/, '$1$1'), iconHash: icon(5), description: brand.pitch },
    'homoglyph-clone': { name: brand.app.replaceAll('o', 'о').replaceAll('i', 'і'), iconHash: icon(4) },
    plus: { name: `${brand.name} Plus`, package: `net.${name}.plus`, iconHash: icon(6) },
    'name-of-the-developer': {
      name: brand.app,
      developer: brand.name,
      package: `net.${name}.official`,
      description: shortened(brand.pitch),
    },
    rewards: {
      name: `${brand.name} Rewards`,
      iconHash: icon(9),
      description: `Collect points with ${brand.name} and get money back.`,
    },
    // With neither the name nor the face of the brand: nearly all of it is in what it says.
    'in-disguise': {
      name: `My ${word} Online`,
      iconHash: icon(3),
      description: brand.pitch.replaceAll(brand.app, 'the app'),
    },
    recoloured: {
      name: `${brand.app} 2026`,
      iconHash: icon(12),
      description: shortened(brand.pitch),
      package: `com.${name}.${name}`,
    },
    'bare-name': { name: brand.name, developer: `${brand.name} Ltd`, package: `app.${name}.mobile` },
  }
}

function honestApps({
  brand,
  known,
  name,
  icon,
  random: { pick },
}: Copied): Readonly<Record<string, Partial<AppListing>>> {
  const word = brand.app.split(' ').at(-1)!
  return {
    'signed-by-client': {
      name: `${word} for Staff`,
      iconHash: icon(0),
      description: brand.pitch,
      developer: brand.name,
      certificates: [...known.certificates],
    },
    'real-app-elsewhere': {
      name: brand.app,
      package: known.package,
      iconHash: icon(1),
      description: brand.pitch,
      certificates: [...known.certificates],
    },
    companion: {
      name: `Widget for ${brand.name}`,
      description: `Shows your ${brand.name} numbers on the home screen. Not made by ${brand.name}.`,
    },
    guide: {
      name: `${brand.name} Guide`,
      package: `org.guides.${name}`,
      description: `How to use ${brand.name}, explained by people who do.`,
    },
    rival: {
      name: `${pick(['Amber', 'Copper', 'Maple'])} ${word}`,
      description: brand.pitch.replaceAll(brand.app, 'our app').replaceAll(brand.name, 'us'),
    },
    'same-trade': { name: `Best ${word}`, description: `For customers of every ${brand.trade}: ${pick(others)}` },
    neighbour: {
      name: brand.neighbours[0]!,
      package: `com.${brand.neighbours[0]!}.app`,
      developer: brand.neighbours[0]!,
    },
    'like-icon': { name: 'Weather of the Day', iconHash: icon(8) },
    wallpapers: { name: `${brand.name} wallpapers`, description: 'Pictures for your phone.', iconHash: icon(14) },
    unrelated: { name: pick(['Chess Clock', 'Star Map', 'Bread Timer']) },
    'unrelated-too': { name: pick(['Tuner', 'Crossword', 'Tide Table']) },
    reseller: {
      name: `${brand.trade} deals`,
      description: `Offers of ${brand.name} and others, compared every night.`,
    },
  }
}

const shortened = (text: string): string => text.split(/[,:]/)[0]!

const others = [
  'Sends money, shows cards and locks with your face. For everybody who wants to see where the money goes.',
  'A calm game about trees. No clock, no points, and the wind is real.',
  'Write lists, share them at home, and cross out what is done.',
  'Knows all birds of the north by their song. Works in the forest without a net.',
  'Book trains and rooms, keep tickets in one place, and be told when a gate changes.',
]
