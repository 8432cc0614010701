import { noHeaders } from '../../event/event.ts'
/** A record of a topic that cannot be made an event: it goes to its reader all the same, fails there, and becomes a dead letter with what stood in the topic as text. */
import { Record } from '../../event/record.ts'
import type { RecordCursor } from './driver/records-decoder.ts'
import { keyOf, placed, valueOf } from './kafka-record.ts'

class UnreadableRecord extends Record {
  readonly #error: Error

  constructor(cursor: RecordCursor, topic: string, partition: number, error: Error) {
    const ride = `${partition}/${cursor.offset}`
    const [type, source] = ['metrobus.unreadable', `/kafka/${topic}`]
    const nothing = { headers: noHeaders, correlationId: undefined, causationId: undefined, replay: 0, slip: '' }
    super(
      { ride, hop: 0, type, source, time: cursor.timestamp, key: keyOf(cursor), ...nothing },
      undefined,
      JSON.stringify(valueOf(cursor) ?? null),
    )
    this.#error = error
  }

  override get data(): never {
    throw this.#error
  }
}

/** Throws `error` when somebody looks at its data; a copy of it has the text. */
export const unreadable = (cursor: RecordCursor, topic: string, partition: number, error: Error): Record =>
  placed(cursor, new UnreadableRecord(cursor, topic, partition, error))
