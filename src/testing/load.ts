/**
 * How load is made for an app or a system: what its module exports as `load`, and `metrobus bench <app> --rate` sends.
 *
 *     export const load: Load = { mix: { bought: { weight: 9, entry: 'checkouts', data: (index) => checkout(index) }, ... } }
 */
import type { Random } from '../internal/platform/platform.ts'

/** One kind of events. */
export interface LoadKind {
  /** The entry that takes them. */
  readonly entry: string
  /** The app that has this entry. Default: the only one that has an entry of this name that can be sent to. */
  readonly app?: string
  /** How often it comes, compared with the other kinds. `--mix` wins over it. Default: 1. */
  readonly weight?: number
  /** The data of an event, by how many have been sent before of all kinds. The random numbers are of the seed, the same in each run. */
  readonly data: (index: number, random: Random) => unknown
}

export interface Load {
  /** The kinds, each under the name that the table shows. */
  readonly mix: Readonly<Record<string, LoadKind>>
  /** Starts what the apps need beside themselves, such as a stand-in for a service; it is disposed of at the end. Default: nothing. */
  readonly before?: () => Promise<AsyncDisposable>
}
