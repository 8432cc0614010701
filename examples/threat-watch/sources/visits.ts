/** What the crawler goes to see, and the topics in which it leaves what it will see next. */
import * as z from 'zod'
import { topic } from '../../../src/index.ts'
import type { Data } from '../../../src/index.ts'
import { AppListing, Page } from '../types.ts'

const url = z.url({ protocol: /^https?$/ }).max(2_048)

export const Visit = z.object({
  /** What is expected there. */
  as: z.enum(['page', 'feed', 'listing']),
  url,
  /** How many links away from here may be visited, too. */
  depth: z.int().min(0).max(10),
  /** How often it was redirected from host to host to come here. */
  moves: z.int().min(0),
})
export type Visit = Data<typeof Visit>

/** A visit that robots.txt allows, at the pace that it asks for. */
export const Allowed = z.object({ ...Visit.shape, delayMs: z.number().min(0) })

/** An app that a store lists, whose icon nobody has looked at yet. */
export const Listed = z.object({
  app: AppListing.omit({ kind: true, iconHash: true, certificates: true }),
  iconUrl: url.nullable(),
})

/** In lower case, without port, and for IPv6 without brackets. */
export const hostOf = (address: string): string => new URL(address).hostname.replaceAll(/[[\]]/g, '')

/** Whether an address that a stranger has written can be visited, and what is found there be told. */
export const isVisitable = (address: string): boolean =>
  url.safeParse(address).success && Page.shape.host.safeParse(hostOf(address)).success

/** The frontier of the crawl. */
export const links = topic('links', { schema: Visit, key: (visit) => hostOf(visit.url) })
export const listed = topic('listed', { schema: Listed, key: ({ app, iconUrl }) => hostOf(iconUrl ?? app.url) })
