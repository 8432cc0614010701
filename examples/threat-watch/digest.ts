/** A name for a text of any length, the same each time. */
import { createHash } from 'node:crypto'

export const digest = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24)
