/**
 * Brings in the lines of a pipe, such as standard input. A pipe cannot be read twice: what was accepted is kept, and what was on its way when the
 * process died must be sent again by whoever knows it. Every run is new: its events are called `<random>:<line>`.
 */
import type { OpenSource, Source, SourceBatch } from '../source.ts'
import { batchesOf } from './batches.ts'
import { formatOf, splitterOf } from './file-source.ts'
import type { LineOptions } from './file-source.ts'

export interface StreamSourceOptions extends LineOptions {
  /** For messages, and the row of the position. Default: `standard input`. */
  readonly name?: string
  /** What is read; ends when its bytes end. */
  readonly stream: ByteStream
  /** Makes the part of the event ids that no other run has. */
  readonly newId: () => string
}

/** Bytes as they come, such as `process.stdin`. */
export interface ByteStream extends AsyncIterable<Uint8Array> {
  /** Ends a read that waits. */
  destroy(): void
}

interface StreamPosition {
  readonly version: 1
  readonly run: number
  readonly lines: number
  /** The stream has ended, and every line of it is kept. */
  readonly isComplete: boolean
}

/** Reads NDJSON or CSV from a stream. */
export function streamSource(options: StreamSourceOptions): Source {
  const { stream, newId, name = 'standard input' } = options
  return {
    name,
    async open({ positions }): Promise<OpenSource> {
      const text = positions.get(name)
      const last = text === undefined ? undefined : (JSON.parse(text) as StreamPosition)
      const run = (last?.run ?? 0) + 1
      const prefix = newId()
      let isClosed = false
      const positionOf = (lines: number, isComplete: boolean): string =>
        JSON.stringify({ version: 1, run, lines, isComplete } satisfies StreamPosition)
      return {
        key: name,
        state: last === undefined || last.isComplete ? 'new' : 'cannot-resume',
        lines: last?.lines ?? 0,
        run,
        bytes: undefined,
        async *batches(): AsyncGenerator<SourceBatch> {
          let end = { lines: 0, bytes: 0 }
          const read = batchesOf(stream, {
            format: formatOf({ ...options, name }),
            splitter: splitterOf(options, { offset: 0, lines: 0 }),
            idOf: (line) => `${prefix}:${line}`,
            placeOf: (line) => `${name}:${line}`,
            positionOf: (_, lines) => positionOf(lines, false),
            linesBefore: 0,
            linesMax: options.batchLinesMax,
            isClosed: () => isClosed,
          })
          for await (const batch of read) {
            end = batch
            yield batch
          }
          if (!isClosed) yield { items: [], position: positionOf(end.lines, true), lines: end.lines, bytes: end.bytes }
        },
        async close() {
          isClosed = true
          stream.destroy()
        },
      }
    },
  }
}
