/**
 * The port to what brings events in from outside: a file, a pipe, later a table or a queue. A source reads; it does not retry, meter or log, and it
 * knows nothing of the app. `ingest-source.ts` drives it.
 */

/** An event, or a fault in its place. `place` says where it came from in words that an operator finds again, such as `contacts.csv:17`. */
export type SourceItem =
  | { readonly id: string; readonly data: unknown; readonly place: string }
  | { readonly fault: string; readonly place: string }

/** Items in the order of the input, and the position behind them. */
export interface SourceBatch {
  readonly items: readonly SourceItem[]
  /** Kept with the events in one commit unit, and given to `open` at the next start. Only the source reads it. */
  readonly position: string
  /** Lines, rows or messages up to here, counted from the beginning of the input. */
  readonly lines: number
  /** Bytes up to here. */
  readonly bytes: number
}

/** Where one run over an input begins. */
export interface Opening {
  /** The row that keeps the position: the identity of the input, not its name. */
  readonly key: string
  /** `new`: never seen. `goes-on`: behind the committed position. `rode-already`: nothing is left to read. `cannot-resume`: an earlier input of this kind has a position, and it is of no use. */
  readonly state: 'new' | 'goes-on' | 'rode-already' | 'cannot-resume'
  /** Lines that the committed position lies behind. */
  readonly lines: number
  /** From 1; each `again` begins another. */
  readonly run: number
  /** Of the whole input; undefined for a stream. */
  readonly bytes: number | undefined
}

/** An input that is open. */
export interface OpenSource extends Opening {
  /**
   * The batches behind the committed position, in order, each of a bounded size. Called once. The next batch is asked for while the one before it is
   * on its way, so that at most two are in memory. Ends early, without an error, once the source is closed.
   */
  batches(): AsyncIterable<SourceBatch>
  /** Gives back what is open; also while a batch is awaited. */
  close(): Promise<void>
}

/** How a source is opened. */
export interface OpenSourceOptions {
  /** The committed positions of the entry, by key. */
  readonly positions: ReadonlyMap<string, string>
  /** Begin a new run from the first line, with new event ids. */
  readonly again: boolean
  readonly signal: AbortSignal
}

/** Something to read events from. */
export interface Source {
  /** For messages: a file name, or `standard input`. */
  readonly name: string
  /** Finds out which input this is and where its reading goes on. Throws MB_INPUT_UNREADABLE. */
  open(options: OpenSourceOptions): Promise<OpenSource>
}
