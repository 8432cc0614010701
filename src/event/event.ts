/** Header names and values as they travel: names in lower case, values as text. */
export type Headers = Readonly<Record<string, string>>

/**
 * An event as a stop sees it: the CloudEvents 1.0 attributes, the key and the headers. The data is handed to the stop on its own.
 */
export interface Event {
  /** Unique within `source`: the sender's id at the entry, `<ride>~<hop>` behind a stop. */
  readonly id: string
  /** The ride that this event belongs to: the sender's event id. Does not change when a stop is inserted; the idempotency key of outside effects. */
  readonly ride: string
  /** CloudEvents `type`. */
  readonly type: string
  /** CloudEvents `source`, a URI reference. */
  readonly source: string
  /** When the event entered, in milliseconds since the epoch (CloudEvents `time`). */
  readonly time: number
  /** The order key; null when the event has none. */
  readonly key: string | null
  readonly headers: Headers
  /** CloudEvents extension: the first ride of this flow; undefined on a ride that nobody caused. */
  readonly correlationId: string | undefined
  /** CloudEvents extension: the id of the event that caused this ride. */
  readonly causationId: string | undefined
  /** How often an operator replayed this event; 0 for the first delivery. */
  readonly replay: number
}

/** No headers: shared, so that an event without any allocates nothing. */
export const noHeaders: Headers = Object.freeze({})
