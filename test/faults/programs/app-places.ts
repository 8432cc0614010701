/** What the program of an app and its judge agree on. */

export const app = 'life'

/** The input topics of the stops, in the order of the line. */
export const topics = { check: `${app}.check`, keep: `${app}.keep` } as const

/** Of this number the pure stop lets none through. */
const droppedOf = 10

export const isDropped = (number: number): boolean => number % droppedOf === 0

/** Events that are sent and not acknowledged, at most, where the program is not told otherwise. */
export const windowMax = 40

/** What the program is told. */
export interface AppLife {
  /** Of the journal and the archive. */
  readonly dir: string
  /** The number of the first event; what was sent before may be sent again. */
  readonly from: number
  /** How many events. */
  readonly count: number
  /** Milliseconds that the stop with an effect takes for each event. Default: as long as the archive takes. */
  readonly takesMs?: number
  /** Of so many events one fails its first try there. Default: none does. */
  readonly failsOf?: number
  /** Time of one try of that stop, in milliseconds. Default: that of Metrobus. */
  readonly deadlineMs?: number
  /** Sends one event, and then none for so many milliseconds. Default: as fast as they are acknowledged. */
  readonly everyMs?: number
  /** Events that are sent and not acknowledged, at most. Default: `windowMax`. */
  readonly window?: number
  /** Default: 0. */
  readonly reserveBytes?: number
  /** Stops on SIGTERM, with such a deadline in milliseconds. Default: it does not listen. */
  readonly drain?: number
}
