/** What the program on the bare journal and its judge agree on. */

export const partitions = 2
export const group = 'program'

/**
 * `arrived` is what was sent, `moved` what a stop made of it; both are kept. `latest` is compacted by key, and gets every event in the unit in which it arrives.
 * `gone` keeps nothing, so that there is always a segment to be cleaned.
 */
export const topics = { arrived: 'arrived', moved: 'moved', latest: 'latest', gone: 'gone' } as const

/** Events in one group, at most: so many may be durable and not acknowledged when the process dies. */
export const groupMax = 4

/** What the program is told. */
export interface JournalLife {
  readonly dir: string
  /** The number of the first event. */
  readonly from: number
  /** Groups of events, each made durable before the next. */
  readonly groups: number
  /** A pass of housekeeping after every so many groups. Default: 8. */
  readonly housekeepEvery?: number
  /** A pause that is long enough for a seal, after every so many groups. Default: never. */
  readonly idleEvery?: number
  /** Default: 8 KiB. */
  readonly segmentBytes?: number
  /** Default: 0. */
  readonly reserveBytes?: number
}
