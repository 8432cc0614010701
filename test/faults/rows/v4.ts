/**
 * V4. Inputs made to exhaust whoever reads them: deep JSON, a line without end, a million fields, rows of CSV that never close. `metrobus run --input` refuses the line by
 * its number, takes those before and behind it, and needs little more memory than for an ordinary input.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { main } from '../../process/command.ts'
import { eachCase } from '../row.ts'
import type { Row, RowContext } from '../row.ts'

const MiB = 1024 * 1024
/**
 * Beyond what an ordinary input takes. A million open lists in one line of 1 MiB take 42 MiB in `JSON.parse` alone, 40 bytes a level, and the lines that a quote gives back some
 * 40 MiB; what is passed over takes up to 18, however long it is.
 */
const memoryMax = 64 * MiB
const endMsMax = 60_000

const app = fileURLToPath(new URL('../../process/programs/cli-app.ts', import.meta.url))
const peak = new URL('../programs/peak-memory.ts', import.meta.url).href

interface Bomb {
  readonly name: string
  readonly format: 'ndjson' | 'csv'
  /** What stands between two good lines. */
  readonly bytes: () => Buffer
  /** Whether a line of it is an event all the same. Default: false. */
  readonly isSound?: boolean
  /** It is many lines, each refused on its own. Default: false. */
  readonly isMany?: boolean
}

const repeated = (text: string, bytes: number): Buffer => Buffer.alloc(bytes, text)
const nested = (open: string, close: string, levels: number): string =>
  `{"name":"a","deep":${open.repeat(levels)}1${close.repeat(levels)}}`
const fields = (count: number): string => `{"name":"a",${Array.from({ length: count }, (_, n) => `"f${n}":1`).join()}}`

const bombs: readonly Bomb[] = [
  { name: 'lists in lists', format: 'ndjson', bytes: () => Buffer.from(nested('[', ']', 200_000)), isSound: true },
  {
    name: 'objects in objects',
    format: 'ndjson',
    bytes: () => Buffer.from(nested('{"a":', '}', 100_000)),
    isSound: true,
  },
  { name: 'lists that do not end', format: 'ndjson', bytes: () => repeated('[', MiB - 1) },
  { name: 'objects that do not end', format: 'ndjson', bytes: () => repeated('{"a":', MiB - 1) },
  { name: 'a line of 256 MiB', format: 'ndjson', bytes: () => repeated('x', 256 * MiB) },
  { name: 'lists of 256 MiB', format: 'ndjson', bytes: () => repeated('[', 256 * MiB) },
  { name: '50,000 fields', format: 'ndjson', bytes: () => Buffer.from(fields(50_000)), isSound: true },
  { name: 'a million fields', format: 'ndjson', bytes: () => Buffer.from(fields(1_000_000)) },
  { name: 'a number of a million digits', format: 'ndjson', bytes: () => repeated('9', 1_000_000) },
  {
    name: 'a text of escapes',
    format: 'ndjson',
    bytes: () => Buffer.from(`{"name":"${'\\u0000'.repeat(150_000)}"}`),
    isSound: true,
  },
  { name: 'a prototype', format: 'ndjson', bytes: () => Buffer.from('{"__proto__":{"name":"a"},"constructor":1}') },
  { name: 'bytes that are no text', format: 'ndjson', bytes: () => repeated('\xff\xfe\x80', 100_000) },
  { name: 'NULs', format: 'ndjson', bytes: () => Buffer.alloc(100_000) },
  { name: 'a million columns', format: 'csv', bytes: () => repeated('a,', MiB - 2) },
  { name: 'a row of 256 MiB', format: 'csv', bytes: () => repeated('x', 256 * MiB) },
  {
    name: 'a quote that does not close',
    format: 'csv',
    bytes: () => Buffer.concat([Buffer.from('"'), repeated(`${'y'.repeat(999)}\n`, 8 * MiB)]),
    isMany: true,
  },
  { name: 'quotes', format: 'csv', bytes: () => repeated('"', MiB - 1) },
]

export const row: Row = {
  id: 'V4',
  title: 'inputs made to exhaust: the line is refused, the others ride, and memory grows by 64 MiB at most',
  tiers: 'PN',
  isDivisible: true,
  async run(context) {
    const ordinary = {
      format: 'ndjson' as const,
      bytes: () => Buffer.from('{"name":"b"}'),
      isSound: true,
    }
    // The first run compiles the program, which takes more memory than most of what is measured.
    const usual = Math.min(...[1, 2, 3].map((n) => ride({ ...ordinary, name: `nothing ${n}` }, context)))
    await eachCase(
      context,
      async ({ number }) => {
        const bomb = bombs[number]!
        try {
          const more = ride(bomb, context) - usual
          assert.ok(more < memoryMax, `${Math.round(more / MiB)} MiB more memory than for an ordinary input`)
        } catch (cause) {
          throw new Error(bomb.name, { cause })
        }
      },
      bombs.length,
    )
  },
}

/** Lets an input ride between two good lines; answers the bytes of memory that it took. */
function ride({ name, format, bytes, isSound = false, isMany = false }: Bomb, { dir }: RowContext): number {
  const folder = join(dir, name.replaceAll(/\W+/g, '-'))
  const input = `${folder}.${format}`
  const good = (who: string): string => (format === 'csv' ? `${who},\n` : `${JSON.stringify({ name: who })}\n`)
  const head = format === 'csv' ? 'name,team\n' : ''
  writeFileSync(input, Buffer.concat([Buffer.from(head + good('first')), bytes(), Buffer.from(`\n${good('last')}`)]))
  const peakFile = `${folder}.peak`
  const words = ['--import', peak, main, 'run', app, '--dir', folder, '--input', input, '--json']
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, words, {
    encoding: 'utf8',
    maxBuffer: 64 * MiB,
    env: { ...process.env, METROBUS_PEAK_FILE: peakFile },
    timeout: endMsMax,
  })
  assert.equal(signal, null, `it was killed: ${stderr}`)
  assert.doesNotMatch(stderr, /RangeError|heap|\n {4}at /, 'it says more than its user can use')
  const summary = JSON.parse(stdout.trim().split('\n').at(-1)!) as {
    readonly accepted: number
    readonly refused: number
  }
  const said = `it ended with ${status}: ${stderr.slice(-1000)}`
  assert.equal(summary.accepted, isSound ? 3 : 2, said)
  if (isMany) assert.ok(summary.refused > 0, said)
  else assert.equal(summary.refused, isSound ? 0 : 1, said)
  return Number(readFileSync(peakFile, 'utf8')) * 1024
}
