/**
 * What is known of the clients, where every candidate can be compared with all of it. A row of a store belongs to the events of one key; so each of a few keys, the shelves, has a
 * copy of all that is known, and a candidate goes to the one that its host says.
 */
import * as z from 'zod'
import { entry, stop, store } from '../../../src/index.ts'
import { digest } from '../digest.ts'
import { Knowledge } from '../types.ts'

/** As many candidates are compared at the same time. */
export const shelfCount = 16
export const clientsMax = 1_000

/** By shelf and domain of the client. */
export const knowledge = store('knowledge', Knowledge)

const shelfNamed = (number: number): string => `shelf-${String(number).padStart(2, '0')}`

export const shelfOf = (host: string): string => shelfNamed(parseInt(digest(host).slice(0, 8), 16) % shelfCount)

const Shelved = z.object({ shelf: z.string(), knowledge: Knowledge })

const shelve = stop(
  'shelve',
  { in: Shelved, stores: { knowledge }, effects: 'none' },
  ({ shelf, knowledge: known }, { stores: { knowledge } }) => knowledge.put(`${shelf}/${known.client.domain}`, known),
)

export const shelves = entry('shelves', { in: Shelved, key: ({ shelf }) => shelf, route: shelve })

export const allShelves: readonly string[] = Array.from({ length: shelfCount }, (_, number) => shelfNamed(number))
