/** How lines become data. Pure: no file, no clock. */
import type { Line } from './line-splitter.ts'

/** What lines hold: data, or a fault that tells its place and never repeats the payload. */
export type Row = RowPlace & ({ readonly data: unknown; readonly fault?: undefined } | { readonly fault: string })

interface RowPlace {
  /** The line on which it begins. */
  readonly line: number
}

/** What was read so far, and how far it is complete. */
export interface Rows {
  readonly rows: readonly Row[]
  /** The last line that needs not be read again: rows of all lines up to it have been given. */
  readonly lines: number
  /** The byte offset behind that line. */
  readonly end: number
  /** There is more to give from lines that were taken: read on, without new lines. */
  readonly isMore: boolean
}

/** Reads the lines of one input in order. */
export interface Format {
  /** True until the lines that say how to read the others have been read: where reading goes on in the middle, they must be given first. */
  readonly needsHeader: boolean
  /** Takes the next lines. `isEnd`: no more will come, and lines held back must be given. Throws MB_INPUT_UNREADABLE for an input that is of no use as a whole. */
  read(lines: readonly Line[], isEnd: boolean): Rows
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of bytes; undefined when they are not UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** The fault of a line whose bytes were not kept. */
export const tooLong = (lineBytesMax: number): string => `longer than ${lineBytesMax} bytes`

export const notUtf8 = 'not UTF-8'

/** True for a line without anything but spaces. */
export function isBlank(bytes: Uint8Array): boolean {
  return bytes.length === 0 || (bytes[0]! <= 32 && bytes.every((byte) => byte === 32 || byte === 9 || byte === 13))
}
