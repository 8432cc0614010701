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
  /** Lines a second; undefined for as fast as it goes. */
  readonly rate: number | undefined
  /** Goes on serving when all has ridden, until a signal comes. */
  readonly stay: boolean
  /** Of the console. */
  readonly port: number
  readonly help: boolean
}

export const usage = `Usage: npm start -- [options]

  -i, --input FILE   NDJSON, or CSV with a header; - is standard input (default: the example's contacts.ndjson)
  -f, --format NAME  ndjson or csv (default: by the name of the file)
  -d, --dir DIR      of the journal and the archive (default: ./data)
      --again        let an input that rode already ride once more, into an archive of its own
  -r, --rate N       lines a second, to watch them ride (default: as fast as it goes)
  -s, --stay         go on serving when all has ridden, until Ctrl-C
  -p, --port N       of the console at 127.0.0.1; 0 takes any (default: 4900, or any when it is taken)
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
      rate: { type: 'string', short: 'r' },
      stay: { type: 'boolean', short: 's', default: false },
      port: { type: 'string', short: 'p', default: '4900' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const { format } = values
  if (format !== undefined && format !== 'ndjson' && format !== 'csv')
    throw new TypeError(`--format is ndjson or csv, not "${format}"`)
  const rate = values.rate === undefined ? undefined : numberOf('rate', values.rate, { min: 1, max: 1_000_000 })
  return { ...values, format, rate, port: numberOf('port', values.port, { min: 0, max: 65_535 }) }
}

function numberOf(name: string, text: string, { min, max }: { readonly min: number; readonly max: number }): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new TypeError(`--${name} is a whole number from ${min} to ${max}, not "${text}"`)
}
