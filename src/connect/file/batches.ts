/** Chunks of bytes become batches of items, each with the position behind it. */
import type { SourceBatch, SourceItem } from '../source.ts'
import type { Format, Row, Rows } from './format.ts'
import type { Line, LineSplitter } from './line-splitter.ts'

/** Lines of a batch at most, so that its commit unit stays small. */
const linesMaxDefault = 1_000

interface BatchOptions {
  readonly format: Format
  readonly splitter: LineSplitter
  readonly idOf: (line: number) => string
  readonly placeOf: (line: number) => string
  /** The position behind a line that ends at byte `end`. */
  readonly positionOf: (end: number, lines: number) => string
  /** Lines that rode before: nothing is said about them. */
  readonly linesBefore: number
  readonly linesMax: number | undefined
  readonly isClosed: () => boolean
}

/** A batch for each chunk, or several where its lines are short: what a pipe has brought rides at once. */
export async function* batchesOf(
  chunks: AsyncIterable<Uint8Array>,
  options: BatchOptions,
): AsyncGenerator<SourceBatch> {
  const { format, splitter, isClosed, linesMax = linesMaxDefault } = options
  const settled = { lines: options.linesBefore }
  for await (const chunk of chunks) {
    for (const lines of portionsOf(splitter.push(chunk), linesMax))
      for (const rows of rowsOf(format, lines, false)) yield* batchOf(rows, options, settled)
    if (isClosed()) return
  }
  for (const rows of rowsOf(format, splitter.end(), true)) yield* batchOf(rows, options, settled)
}

function* rowsOf(format: Format, lines: readonly Line[], isEnd: boolean): Generator<Rows> {
  let rows = format.read(lines, isEnd)
  yield rows
  while (rows.isMore) {
    rows = format.read([], isEnd)
    yield rows
  }
}

function* portionsOf(lines: readonly Line[], linesMax: number): Generator<readonly Line[]> {
  for (let from = 0; from < lines.length; from += linesMax) yield lines.slice(from, from + linesMax)
}

/** Also blank lines move the position on. */
function* batchOf(
  { rows, lines, end }: Rows,
  options: BatchOptions,
  settled: { lines: number },
): Generator<SourceBatch> {
  if (lines <= settled.lines) return
  settled.lines = lines
  yield { items: rows.map((row) => itemOf(row, options)), position: options.positionOf(end, lines), lines, bytes: end }
}

function itemOf(row: Row, { idOf, placeOf }: BatchOptions): SourceItem {
  const place = placeOf(row.line)
  return row.fault === undefined ? { id: idOf(row.line), data: row.data, place } : { fault: row.fault, place }
}
