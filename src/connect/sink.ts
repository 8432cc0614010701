/** The port to what takes data out, for a stop with effects: `(data, { event }) => sink.put(event.ride, data)`. */

/** Somewhere to put data. */
export interface Sink {
  /**
   * Puts `data` under `id`, once: a second put of an id does nothing, also after a restart. Resolves when it is durable, and rejects when it is not
   * known to be; then the caller puts it again. Any number of puts may be under way; they are made durable in groups, in the order of the calls.
   * `text` is the data as JSON, where the caller has it: a sink that keeps JSON need not encode it again.
   */
  put(id: string, data: unknown, text?: string): Promise<void>
  /** Makes durable what was put, and gives back what is open. Later puts are refused. */
  close(): Promise<void>
}
