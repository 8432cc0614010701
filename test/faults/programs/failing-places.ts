/** What the program whose handler fails and its judges agree on. */

/** How the handler fails: it throws, its promise rejects, it settles only when it is told that its time is over, or it never settles. */
export const ways = ['throw', 'reject', 'timeout', 'never'] as const
export type Way = (typeof ways)[number]

/** Tries that an event has in all. */
export const attemptsMax = 3
export const backoffMs = 20
/** Time of one try. */
export const deadlineMs = 150

/** What the program is told. */
export interface FailingLife {
  /** Of the journal and the archive. */
  readonly dir: string
  readonly bus: 'memory' | 'embedded'
  readonly from: number
  readonly count: number
  readonly way: Way
  /** Of so many events one fails its first try and then succeeds. 0: none. */
  readonly badOf: number
  /** Of so many events one always fails. 0: none. */
  readonly poisonOf: number
  /** How many keys the events have. Default: few, so that many wait for one that fails. */
  readonly keys?: number
  /** Bytes that the data of an event that always fails has in all, about. Default: as its body is. */
  readonly poisonBytes?: number
  /** Dead letters are replayed, by two operators at once, and nothing fails any more. Default: false. */
  readonly replays?: boolean
}

type Which = Pick<FailingLife, 'badOf' | 'poisonOf'>

export const isPoison = (number: number, { poisonOf }: Which): boolean => poisonOf > 0 && number % poisonOf === 0
export const isBad = (number: number, which: Which): boolean =>
  which.badOf > 0 && number % which.badOf === 0 && !isPoison(number, which)
