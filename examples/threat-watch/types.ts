/**
 * What the sources find, what is known of a client, and what a detector says of the two. All of it is plain JSON; whoever writes a source or a detector reads this page and
 * no other.
 */
import * as z from 'zod'
import type { Data } from '../../src/index.ts'

/** In lower case, without port: the order key of what was found there. */
const host = z.string().regex(/^[a-z0-9.:_-]{1,253}$/)
const url = z.url().max(2_048)
/** SHA-256 of a signing certificate, as 64 lower-case hex digits. */
const certificate = z.string().regex(/^[0-9a-f]{64}$/)
/** A perceptual hash of 64 bits, as 16 lower-case hex digits: what looks alike differs in few of them. */
const iconHash = z.string().regex(/^[0-9a-f]{16}$/)
const share = z.number().min(0).max(1)
/** As Metrobus counts them: `not-alike`. */
const slug = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/)

export const textMax = 20_000
const title = z.string().max(1_000)
const text = z.string().max(textMax)

/** A page as it can be read: no markup, entities resolved. */
export const Page = z.object({
  kind: z.literal('page'),
  host,
  url,
  title,
  /** Of its `<meta name="description">`. */
  description: title,
  text,
  /** It has a field for a password. */
  asksForPassword: z.boolean(),
})
export type Page = Data<typeof Page>

/** An app that a store offers. */
export const AppListing = z.object({
  kind: z.literal('app'),
  /** Of the store. */
  host,
  /** Of the app in the store. */
  url,
  /** Such as `com.example.bank`. */
  package: z.string().min(1).max(255),
  name: title,
  developer: title,
  description: text,
  /** Null where it has no icon, or one that nobody can read. */
  iconHash: iconHash.nullable(),
  /** Null where the store does not hand out the file. */
  apkUrl: url.nullable(),
  /** Those that its file is signed with. Null until the file has been read, which happens only to an app that looks like a fake. */
  certificates: z.array(certificate).nullable(),
})
export type AppListing = Data<typeof AppListing>

/** An entry of an RSS or Atom feed. */
export const FeedItem = z.object({
  kind: z.literal('feed'),
  /** Of the feed. */
  host,
  /** Of what the entry tells of. */
  url,
  title,
  text,
})
export type FeedItem = Data<typeof FeedItem>

/** A domain that somebody has registered. */
export const Registration = z.object({
  kind: z.literal('domain'),
  /** The domain itself, in ASCII (`xn--…`). */
  host,
  /** Such as `2026-11-20`. */
  registeredOn: z.iso.date(),
  registrar: title,
})
export type Registration = Data<typeof Registration>

/** What may be a threat. */
export const Candidate = z.discriminatedUnion('kind', [Page, AppListing, FeedItem, Registration])
export type Candidate = Data<typeof Candidate>

/** Somebody who is watched over. */
export const Client = z.object({ name: z.string().min(1).max(200), domain: host })
export type Client = Data<typeof Client>

export const KnownApp = z.object({
  package: AppListing.shape.package,
  name: title,
  description: text,
  iconHash: iconHash.nullable(),
  certificates: z.array(certificate),
})
export type KnownApp = Data<typeof KnownApp>

/** What there is to know of a client, as found at its primary domain. */
export const Knowledge = z.object({
  client: Client,
  /** In lower case, the most telling first: of its name, its domain and its own pages. Never empty. */
  brandWords: z.array(z.string().min(2)).min(1),
  /** Hosts that are its own, the primary domain first: what is found there, or below it, is no threat. */
  domains: z.array(host).min(1),
  apps: z.array(KnownApp),
  /** Of its own icon. */
  iconHash: iconHash.nullable(),
})
export type Knowledge = Data<typeof Knowledge>

/** What speaks for a threat, in words for whoever has to decide. */
export const Evidence = z.object({
  /** What was looked at, such as `icon`. */
  what: slug,
  /** Such as `3 of 64 bits differ from the icon of com.example.bank`. Text: it may quote what strangers have written. */
  detail: z.string().max(500),
  score: share,
})
export type Evidence = Data<typeof Evidence>

export const ThreatKind = z.enum(['fake-app', 'fake-domain', 'keyword'])
export type ThreatKind = Data<typeof ThreatKind>

export const Threat = z.object({
  threat: z.literal(true),
  kind: ThreatKind,
  score: share,
  evidence: z.array(Evidence).min(1).max(20),
})
export type Threat = Data<typeof Threat>

export const NoThreat = z.object({ threat: z.literal(false), reason: slug })
export type NoThreat = Data<typeof NoThreat>

/** What a detector says. `reason` is what non-threats are counted by, such as `other-kind`, `own-domain`, `not-alike` or `signed-by-client`. */
export const Verdict = z.discriminatedUnion('threat', [Threat, NoThreat])
export type Verdict = Data<typeof Verdict>

/**
 * Compares one candidate with one client: a pure function, at once. It is asked of every candidate, also of kinds that are not its own. That of fake apps is asked a second
 * time with `certificates`, once it has said that an app is one and the app's file was read.
 */
export type Detector = (candidate: Candidate, knowledge: Knowledge) => Verdict

/** How files are read: `detect/fake-app/icon-hash.ts` and `detect/fake-app/apk/certificates.ts`. What strangers sent may be anything: neither hangs nor takes much memory. */
export interface Inspection {
  /** Of a PNG image; null when it is none that can be read. */
  iconHashOf(image: Uint8Array): string | null
  /** Of an Android package: its signing certificates, or the reason why it has none that can be read, as a slug such as `zip-bomb`, `no-apk` or `not-signed`. */
  certificatesOf(apk: Uint8Array): readonly string[] | { readonly reason: string }
}
