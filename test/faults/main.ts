/**
 * `npm run -s faults -- --tier P`: injects every kind of fault that has a row, as often as `figures.ts` says, and says which promises were broken.
 *
 *     --tier P|N      every change (some minutes), or nights (hours). Default: P
 *     --bus kafka     the rows of this bus, on three brokers that it starts. Default: embedded
 *     --row J2        only this row, also one that the tier does not have; may be given several times
 *     --seed 7        of the run. Default: a fresh one, which every failure prints
 *     --case 31       only this case of the row
 *     --cases 100     so many instead of what the tier wants
 *     --json          one JSON line a row, instead of a table
 *     --resume        tier N: only what the report still lacks, and adds to it
 *     --minutes 30    stops after so long: what was done counts, a case under way has half a minute more
 *     --jobs 2        processes at once. Default: one for each processor
 *     --merge FILE    runs nothing: adds the runs of another report.json to the report
 *
 * It ends with 1 when a promise was broken, or a row could not run.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chooseSeed } from '../../src/testing/index.ts'
import { withBrokers } from '../../tools/servers/kafka/for-tests.ts'
import { displayOn, isClean } from './display.ts'
import { figures } from './figures.ts'
import { runRows } from './pool.ts'
import type { Outcome, PlannedRow } from './pool.ts'
import { addToReport, mergeReport, missingCases, readReport, reportFiles } from './report.ts'
import type { Row, Tier } from './row.ts'

const { values } = parseArgs({
  options: {
    tier: { type: 'string', default: 'P' },
    bus: { type: 'string', default: 'embedded' },
    row: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string' },
    case: { type: 'string' },
    cases: { type: 'string' },
    json: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    jobs: { type: 'string' },
    merge: { type: 'string' },
    /** For the test of this program, as the two below. */
    rows: { type: 'string' },
    report: { type: 'string' },
    'grace-ms': { type: 'string', default: '30000' },
  },
})

const fail = (why: string): never => {
  console.error(why)
  process.exit(1)
}

function numberOf(name: 'seed' | 'case' | 'cases' | 'minutes' | 'jobs' | 'grace-ms'): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : fail(`--${name} takes a number, not ${text}.`)
}

const tier: Tier = values.tier === 'P' || values.tier === 'N' ? values.tier : fail('--tier is P or N.')
if (values.bus !== 'embedded' && values.bus !== 'kafka') fail('--bus is embedded or kafka.')
const only = numberOf('case')
if (only !== undefined && (values.row.length !== 1 || values.seed === undefined))
  fail('--case needs one --row and the --seed of its run.')
if (values.resume && (tier !== 'N' || only !== undefined)) fail('--resume adds to the report of --tier N.')
if (values.resume && values.seed !== undefined)
  fail('--resume draws a seed of its own: the same cases twice count once.')

/** Where the report is kept; the test of this program has a folder of its own. */
const files =
  values.report === undefined
    ? reportFiles
    : { json: join(values.report, 'report.json'), page: join(values.report, 'fault-report.md') }
if (values.merge !== undefined) {
  mergeReport(values.merge, files)
  process.exit()
}

/** The rows that are asked for, or all: each in the file of its name. */
async function rowsWanted(): Promise<readonly PlannedRow[]> {
  const folder = new URL(values.rows ?? (values.bus === 'kafka' ? 'kafka-rows/' : 'rows/'), import.meta.url)
  const known = readdirSync(folder).flatMap((name) => /^([a-z0-9-]+)\.ts$/.exec(name)?.[1]?.toUpperCase() ?? [])
  const ids = values.row.length === 0 ? known : values.row.map((id) => id.toUpperCase())
  return Promise.all(
    ids.map(async (id) => {
      if (!known.includes(id)) fail(`There is no row ${id}; there are ${known.join(', ')}.`)
      const file = new URL(`${id.toLowerCase()}.ts`, folder).href
      const { row } = (await import(file)) as { readonly row: Row }
      if (row.id !== id) fail(`${file} holds the row ${row.id}.`)
      return { row, file, cases: 0 }
    }),
  )
}

/** Those that are in the tier, each with the number of its cases. */
function planOf(rows: readonly PlannedRow[]): readonly PlannedRow[] {
  const runs = values.resume ? readReport(files.json) : []
  return rows
    .filter(({ row }) => values.row.length > 0 || row.tiers === 'PN' || tier === 'N')
    .map(({ row, file }) => {
      const figure = figures[row.id] ?? fail(`Row ${row.id} has no line in figures.ts.`)
      // A row that is asked for by name, and is not in the tier, runs as in the other one.
      const wanted = values.resume ? missingCases(row.id, runs) : figure[tier] || figure.N
      return { row, file, cases: numberOf('cases') ?? wanted }
    })
    .filter(({ cases }) => cases > 0)
    .toSorted((one, other) => placeOf(one) - placeOf(other))
}

const placeOf = ({ row }: PlannedRow): number => Object.keys(figures).indexOf(row.id)

/** Of the tree that is tested; a plus behind it says that src was changed since. */
function commitOf(): string {
  const git = (...args: readonly string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim()
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', 'src') === '' ? '' : '+')
  } catch {
    return 'unknown'
  }
}

/** With --resume the time may be over before a row begins: it has neither passed nor failed. */
const hasRun = ({ cases, errors }: Outcome): boolean => cases > 0 || errors.length > 0

const rows = planOf(await rowsWanted())
if (rows.length === 0 && !values.resume) fail('No row to run.')
const commit = commitOf()
const display = displayOn(values.json, tier, commit)
const stopping = new AbortController()
let interrupted = false
process.on('SIGINT', () => {
  interrupted = true
  stopping.abort()
})
const minutes = numberOf('minutes') ?? Infinity

/** Answers whether all is well. */
async function run(): Promise<boolean> {
  const started = performance.now()
  const timer = minutes === Infinity ? undefined : setTimeout(() => stopping.abort(), minutes * 60_000)
  const outcomes = await runRows(rows, {
    tier,
    seed: numberOf('seed') ?? chooseSeed(),
    only,
    jobsMax: numberOf('jobs') ?? availableParallelism(),
    signal: stopping.signal,
    graceMs: numberOf('grace-ms')!,
    endsAt: started + minutes * 60_000,
    progressed: (now) => display.progressed(now),
    ended: (outcome) => {
      if (outcome.cases === 0 && outcome.errors.length === 0 && !values.resume)
        outcome.errors.push(stopping.signal.aborted ? 'there was no time for it' : 'it did no case')
      if (values.resume) addToReport(outcome, commit, !stopping.signal.aborted, files)
      if (hasRun(outcome)) display.ended(outcome)
    },
  })
  clearTimeout(timer)
  display.finished(outcomes.filter(hasRun), Math.round((performance.now() - started) / 1000))
  return outcomes.every(isClean)
}

const isWell = values.bus === 'kafka' ? await withBrokers(run) : await run()
if (interrupted) process.exitCode = 130
if (!isWell) process.exitCode = 1
