/** The archive file that the last stop of the campaign writes, and how to read it back for the judge. */
import { open } from 'node:fs/promises'
import { archiveFile } from '../src/connect/file/index.ts'
import type { Keep } from './campaign-app.ts'

export interface BenchArchive {
  readonly put: Keep
  close(): Promise<void>
  entries(): AsyncIterable<{ readonly ride: string; readonly data: unknown }>
}

export function archiveOf(path: string): BenchArchive {
  const archive = archiveFile({ path })
  return {
    put: (ride, contact, text) => archive.put(ride, contact, text),
    close: () => archive.close(),
    async *entries() {
      const file = await open(path)
      for await (const line of file.readLines()) yield JSON.parse(line)
    },
  }
}
