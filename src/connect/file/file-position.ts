/**
 * How far a file has been read, as it is kept with the events: one row an input, its key the hash that the file had when it was first seen.
 */
import { MetrobusError } from '../../errors/index.ts'

export interface FilePosition {
  readonly version: 1
  /** Of the content as it was when it was last opened: a file that grows keeps the key of its row. */
  readonly hash: string
  readonly size: number
  /** From 1; another one for each time that it was begun again. */
  readonly run: number
  /** Behind the last line whose event is kept. */
  readonly offset: number
  readonly lines: number
}

export const encodePosition = (position: FilePosition): string => JSON.stringify(position)

/** Reads a row. A position is never guessed: a newer release's is refused. */
export function decodePosition(key: string, text: string): FilePosition {
  const position = JSON.parse(text) as FilePosition
  if (position.version !== 1)
    throw new MetrobusError('MB_INPUT_UNREADABLE', {
      input: key,
      reason: `its position was kept by a newer release (version ${String(position.version)})`,
    })
  return position
}
