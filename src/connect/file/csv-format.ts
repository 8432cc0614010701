/**
 * Rows of CSV under a header, after RFC 4180: values may be quoted, and a quoted value may hold quotes (doubled), delimiters and line ends.
 *
 * Values are cut by csv-parse. Where a row ends is found here, by counting quotes, because a position must lie between two rows, and because
 * a quote that nobody closes must cost one row and not the rest of the input: then the line on which it stands is the fault, and reading goes on with the next.
 */
import { parse } from 'csv-parse/sync'
import { MetrobusError } from '../../errors/index.ts'
import { isBlank, notUtf8, textOf, tooLong } from './format.ts'
import type { Format, Row, Rows } from './format.ts'
import type { Line } from './line-splitter.ts'

/** What the text of a column is turned into. `json` takes any JSON value. */
export type ColumnType = 'text' | 'number' | 'boolean' | 'json'

export interface CsvOptions {
  /** Between values. Default: `,`. */
  readonly delimiter?: string
  /** Types of columns by name; a column without one stays text. An empty value of a column that is not text is left out. Default: none. */
  readonly types?: Readonly<Record<string, ColumnType>>
}

interface CsvFormatOptions extends CsvOptions {
  /** For messages. */
  readonly name: string
  readonly lineBytesMax: number
}

/** Lines that make up a row: their quotes are even. */
type RowLines = readonly [Line, ...Line[]]

const quote = 34
/** Rows given at once: a row that never ends may give back very many lines. */
const rowsMax = 1000

export class CsvFormat implements Format {
  readonly #options: Required<CsvFormatOptions>
  #columns: readonly string[] | undefined
  /** Lines of a row whose last quote has not come; the first is where it begins. */
  #open: Line[] = []
  #openBytes = 0
  /** Lines to be read next, last one first: those that a row gave back that was none, before those that came. */
  #waiting: Line[] = []
  #lines = 0
  #end = 0

  constructor({ name, lineBytesMax, delimiter = ',', types = {} }: CsvFormatOptions) {
    this.#options = { name, lineBytesMax, delimiter, types }
  }

  get needsHeader(): boolean {
    return this.#columns === undefined
  }

  read(lines: readonly Line[], isEnd: boolean): Rows {
    const rows: Row[] = []
    let whole: RowLines[] = []
    // A row that cannot be read gives its lines back, so the list grows at its front.
    const waiting = [...lines.toReversed(), ...this.#waiting]
    this.#waiting = waiting
    for (;;) {
      if (rows.length + whole.length >= rowsMax) break
      const line = waiting.pop()
      if (line === undefined) {
        addAll(rows, this.#rows(whole))
        whole = []
        if (!isEnd || this.#open.length === 0) break
        addAll(waiting, this.#giveUpFirst(rows))
        continue
      }
      if (this.#open.length === 0 && line.bytes !== undefined && isBlank(line.bytes)) this.#settle(line)
      else if (line.bytes === undefined && this.#open.length === 0) {
        addAll(rows, this.#rows(whole))
        whole = []
        rows.push({ line: line.number, fault: tooLong(this.#options.lineBytesMax) })
        this.#settle(line)
      } else if (line.bytes === undefined || this.#openBytes + line.bytes.length > this.#options.lineBytesMax) {
        addAll(rows, this.#rows(whole))
        whole = []
        waiting.push(line)
        addAll(waiting, this.#giveUpFirst(rows))
      } else {
        const complete = this.#add(line, line.bytes)
        if (complete === undefined) continue
        if (complete.length === 1) whole.push(complete)
        else {
          addAll(rows, this.#rows(whole))
          whole = []
          addAll(waiting, this.#multiLine(complete, rows))
        }
      }
    }
    addAll(rows, this.#rows(whole))
    return { rows, lines: this.#lines, end: this.#end, isMore: waiting.length > 0 || (isEnd && this.#open.length > 0) }
  }

  /** Adds a line to the open row, and answers the row when its quotes are even. */
  #add(line: Line, bytes: Uint8Array): RowLines | undefined {
    this.#open.push(line)
    this.#openBytes += bytes.length + 1
    const isOpen = this.#open.length === 1 ? hasOddQuotes(bytes) : !hasOddQuotes(bytes)
    if (isOpen) return undefined
    const complete = this.#open as [Line, ...Line[]]
    this.#close()
    return complete
  }

  /** The open row is none: its first line is a fault, and the others are lines like any, last one first. */
  #giveUpFirst(rows: Row[]): Line[] {
    const [first, ...others] = this.#open as [Line, ...Line[]]
    this.#close()
    rows.push({ line: first.number, fault: 'not CSV: a quote is not closed' })
    this.#settle(first)
    return others.reverse()
  }

  #close(): void {
    this.#open = []
    this.#openBytes = 0
  }

  /** A row over several lines. If its quotes stand where none may, its first line is the fault, and the others are given back, last one first. */
  #multiLine(lines: RowLines, rows: Row[]): Line[] {
    const [row] = this.#rows([lines])
    if (row?.fault?.startsWith('not CSV') !== true) {
      if (row !== undefined) rows.push(row)
      return []
    }
    rows.push(row)
    this.#settle(lines[0])
    return lines.slice(1).reverse()
  }

  #settle(line: Line): void {
    this.#lines = line.number
    this.#end = line.end
  }

  /** The rows of complete lines. Read at one go where all are well, else one by one. The first row of an input is its header. */
  #rows(whole: readonly RowLines[]): Row[] {
    if (whole.length === 0) return []
    this.#settle(whole.at(-1)!.at(-1)!)
    const texts = whole.map((lines) => textOf(Buffer.concat(lines.flatMap(({ bytes }) => [bytes!, lineEnd]))))
    const together = texts.includes(undefined) ? undefined : this.#parse(texts.join(''))
    const values = Array.isArray(together) && together.length === whole.length ? together : undefined
    const rows: Row[] = []
    for (const [index, [first]] of whole.entries()) {
      const text = texts[index]
      const parsed = values?.[index] ?? (text === undefined ? notUtf8 : this.#parseOne(text))
      if (this.#columns === undefined) this.#columns = this.#header(parsed)
      else rows.push({ line: first.number, ...this.#dataOf(this.#columns, parsed) })
    }
    return rows
  }

  #parseOne(text: string): readonly string[] | string {
    const parsed = this.#parse(text)
    if (typeof parsed === 'string') return parsed
    return parsed.length === 1 ? parsed[0]! : 'not CSV: a quote stands in the middle of a value'
  }

  /** The values of each row, or why they cannot be read. */
  #parse(text: string): readonly (readonly string[])[] | string {
    try {
      return parse(text, {
        bom: false,
        columns: false,
        delimiter: this.#options.delimiter,
        record_delimiter: ['\r\n', '\n'],
        relax_column_count: true,
      })
    } catch (error) {
      return faultOf((error as { readonly code?: unknown }).code)
    }
  }

  #header(parsed: readonly string[] | string): readonly string[] {
    const { name, types } = this.#options
    const unreadable = (reason: string): MetrobusError =>
      new MetrobusError('MB_INPUT_UNREADABLE', { input: name, reason })
    if (typeof parsed === 'string') throw unreadable(`its header is ${parsed}`)
    const columns = parsed.map((column) => column.trim())
    const repeated = columns.find((column, index) => columns.indexOf(column) !== index)
    if (repeated !== undefined) throw unreadable(`its header names the column "${repeated}" twice`)
    const missing = Object.keys(types).find((column) => !columns.includes(column))
    if (missing !== undefined)
      throw unreadable(`its header lacks the column "${missing}", for which a type is declared`)
    return columns
  }

  #dataOf(
    columns: readonly string[],
    values: readonly string[] | string,
  ): { readonly data: unknown } | { readonly fault: string } {
    if (typeof values === 'string') return { fault: values }
    if (values.length !== columns.length)
      return { fault: `${values.length} values, and the header names ${columns.length} columns` }
    const data: Record<string, unknown> = {}
    for (const [index, column] of columns.entries()) {
      const type = this.#options.types[column] ?? 'text'
      const text = values[index]!
      if (type === 'text') data[column] = text
      else if (text !== '') {
        const value = convert[type](text)
        if (value === undefined) return { fault: `${column}: expected ${type}, found text` }
        data[column] = value
      }
    }
    return { data }
  }
}

/** As `push(...more)`, for more items than a call may have arguments. */
function addAll<Item>(items: Item[], more: readonly Item[]): void {
  for (const item of more) items.push(item)
}

const lineEnd = Buffer.from('\n')

const convert: Readonly<Record<Exclude<ColumnType, 'text'>, (text: string) => unknown>> = {
  number: (text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined),
  boolean: (text) => (/^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : undefined),
  json(text) {
    try {
      return JSON.parse(text) as unknown
    } catch {
      return undefined
    }
  },
}

function hasOddQuotes(bytes: Uint8Array): boolean {
  let isOdd = false
  for (let at = bytes.indexOf(quote); at !== -1; at = bytes.indexOf(quote, at + 1)) isOdd = !isOdd
  return isOdd
}

/** csv-parse's own sentences repeat values. */
function faultOf(code: unknown): string {
  switch (code) {
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'INVALID_OPENING_QUOTE':
      return 'not CSV: a quote stands in the middle of a value'
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'not CSV: a quote is not closed'
    default:
      return 'not CSV'
  }
}
