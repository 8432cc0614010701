/**
 * A record: one event in one topic. It is what buses carry and the runtime hands over; inside a process the same object
 * goes from the stop that made it to the stop that reads it, so its data is frozen and decoded at most once.
 *
 * The class exists for its constant shape: records are made on the hot path, one a hop.
 */
import { MetrobusError } from '../errors/index.ts'
import type { Event, Headers } from './event.ts'

/** Where encoded data lies in a journal, so that an unchanged event can refer to it. Opaque to all but the journal. */
export interface DataHome {
  readonly segment: number
  readonly position: number
  readonly length: number
}

/** Data not decoded yet: JSON text. */
export type EncodedData = string

/** What a record is made of; everything but the position in a topic. */
export interface RecordFields {
  readonly ride: string
  readonly hop: number
  readonly type: string
  readonly source: string
  readonly time: number
  readonly key: string | null
  readonly headers: Headers
  readonly correlationId: string | undefined
  readonly causationId: string | undefined
  readonly replay: number
  /** The encoded itinerary, '' for none (`itinerary/slip.ts`). */
  readonly slip: string
}

/** One event in one topic. */
export class Record implements Event {
  readonly ride: string
  readonly hop: number
  readonly type: string
  readonly source: string
  readonly time: number
  readonly key: string | null
  readonly headers: Headers
  readonly correlationId: string | undefined
  readonly causationId: string | undefined
  readonly replay: number
  /** Plotted by the entry once the event's other attributes are known; never changed afterwards. */
  slip: string
  /** Position in its topic partition; -1 until a bus has appended it. */
  offset = -1
  /** When a bus appended it, in milliseconds since the epoch; 0 until then. */
  appendedAt = 0
  /** The record whose data this one carries unchanged, for buses that can refer to it; dropped once appended. */
  unchangedFrom: Record | undefined = undefined
  /** Set by the journal. */
  home: DataHome | undefined = undefined
  /**
   * The JSON text of the data as the runtime encoded it when the outcome was decided, so that data that cannot be encoded fails its own event and
   * not a whole unit. Buses write it instead of encoding again, and a sink that stores JSON may too. Undefined: encode `data`.
   */
  text: string | undefined = undefined
  #data: unknown
  #encoded: EncodedData | undefined

  /** `data` is the decoded value, or undefined when only `encoded` is given. A tombstone has data null and encoded undefined. */
  constructor(fields: RecordFields, data: unknown, encoded: EncodedData | undefined) {
    this.ride = fields.ride
    this.hop = fields.hop
    this.type = fields.type
    this.source = fields.source
    this.time = fields.time
    this.key = fields.key
    this.headers = fields.headers
    this.correlationId = fields.correlationId
    this.causationId = fields.causationId
    this.replay = fields.replay
    this.slip = fields.slip
    this.#data = data
    this.#encoded = encoded
  }

  /** `<ride>` where it entered, `<ride>~<hop>` behind a stop: a function of the input, so handling again gives it again. */
  get id(): string {
    return this.hop === 0 ? this.ride : `${this.ride}~${this.hop}`
  }

  /** The data, decoded on first use and frozen. */
  get data(): unknown {
    if (this.#data === undefined && this.#encoded !== undefined) {
      this.#data = freezeDeep(JSON.parse(this.#encoded))
      this.#encoded = undefined
    }
    return this.#data
  }

  /** The same event with some fields changed, for another topic; with new data, or with its own, unchanged. */
  copy(changes?: Partial<RecordFields>, data?: unknown): Record {
    const fields = changes === undefined ? this : { ...fieldsOf(this), ...changes }
    if (data !== undefined) return new Record(fields, data, undefined)
    const copy = new Record(fields, this.#data, this.#encoded)
    copy.unchangedFrom = this
    return copy
  }

  /** True for data that was read and not looked at yet. */
  get isEncoded(): boolean {
    return this.#encoded !== undefined
  }

  /** The text of the data while it has not been decoded; undefined afterwards. */
  get encoded(): EncodedData | undefined {
    return this.#encoded
  }
}

function fieldsOf(record: Record): RecordFields {
  const { ride, hop, type, source, time, key, headers, correlationId, causationId, replay, slip } = record
  return { ride, hop, type, source, time, key, headers, correlationId, causationId, replay, slip }
}

/** Levels that data may be nested: encoding and freezing take stack for each, and what one stop could encode the next must be able to. */
export const nestingMax = 1000

/**
 * Freezes a JSON value and everything in it. A frozen object is taken as frozen throughout. Throws MB_TOO_DEEP where it is nested deeper than `levels`.
 * Default: as deep as the stack goes, for data that was taken once.
 */
export function freezeDeep(value: unknown, levels: number = Infinity): unknown {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (levels === 0) throw new MetrobusError('MB_TOO_DEEP', { levelsMax: nestingMax })
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) freezeDeep(value[index], levels - 1)
    return Object.freeze(value)
  }
  // A fifth of the time that a list of the values takes, for an object of 26 fields with one fraction among them.
  for (const name in value) {
    const child = (value as { readonly [name: string]: unknown })[name]
    if (typeof child === 'object' && child !== null && Object.hasOwn(value, name)) freezeDeep(child, levels - 1)
  }
  return Object.freeze(value)
}
