/** What `npm start -- …` takes. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'

export interface Options {
  /** A file, or `-` for standard input. */
  readonly input: string
  readonly format: 'ndjson' | 'csv' | undefined
  /** Holds the journal and the archives. */
  readonly dir: string
  readonly again: boolean
  readonly help: boolean
}

export const usage = `Usage: npm start -- [options]

  -i, --input FILE   NDJSON, or CSV with a header; - is standard input (default: the example's contacts.ndjson)
  -f, --format NAME  ndjson or csv (default: by the name of the file)
  -d, --dir DIR      of the journal and the archive (default: ./data)
      --again        let an input that rode already ride once more, into an archive of its own
  -h, --help         this page

Exit codes: 0 everything rode, or a signal ended it and what had begun was finished; 1 it failed; 2 the options are wrong.
`

/** Throws a TypeError that says what is wrong. */
export function parseOptions(words: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...words],
    options: {
      input: { type: 'string', short: 'i', default: join(import.meta.dirname, 'contacts.ndjson') },
      format: { type: 'string', short: 'f' },
      dir: { type: 'string', short: 'd', default: './data' },
      again: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const { format } = values
  if (format !== undefined && format !== 'ndjson' && format !== 'csv')
    throw new TypeError(`--format is ndjson or csv, not "${format}"`)
  return { ...values, format }
}
