/**
 * The report of tier N: it takes hours, so it comes together over several runs, each of which adds a line for each row that it did. `report.json` is what was
 * counted; the page in docs/reference is made from it.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { figures } from './figures.ts'
import type { Outcome } from './pool.ts'

/** Where a report is kept. */
export interface ReportFiles {
  readonly json: string
  readonly page: string
}

export const reportFiles: ReportFiles = {
  json: fileURLToPath(new URL('report.json', import.meta.url)),
  page: fileURLToPath(new URL('../../docs/reference/fault-report.md', import.meta.url)),
}

/** What one run did of one row. */
export interface ReportedRun {
  readonly row: string
  readonly title: string
  readonly cases: number
  readonly violations: number
  readonly seed: number
  readonly commit: string
  readonly date: string
  readonly seconds: number
  /** False when it was interrupted, which matters to a sweep. */
  readonly isWhole: boolean
  readonly notes: readonly string[]
  readonly counts: { readonly [what: string]: number }
}

/** All runs so far. */
export const readReport = (file: string): readonly ReportedRun[] =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly ReportedRun[]) : []

function writeReport(runs: readonly ReportedRun[], { json, page }: ReportFiles): void {
  writeFileSync(json, `${JSON.stringify(runs, undefined, 2)}\n`)
  writeFileSync(page, pageOf(runs))
}

/** Adds the runs of another report that are not in this one. */
export function mergeReport(other: string, into: ReportFiles): void {
  if (!existsSync(other)) throw new Error(`There is no report ${other}`)
  const runs = readReport(into.json)
  const placeOf = ({ row, seed, commit }: ReportedRun): string => `${row} ${seed} ${commit}`
  const known = new Set(runs.map(placeOf))
  writeReport([...runs, ...readReport(other).filter((run) => !known.has(placeOf(run)))], into)
}

/** How many cases of a row are still to do. Runs that found something do not count, for something was changed after them. */
export function missingCases(row: string, runs: readonly ReportedRun[]): number {
  const wanted = figures[row]?.N ?? 0
  const clean = runs.filter((run) => run.row === row && run.violations === 0)
  if (wanted === Infinity) return clean.some(({ isWhole }) => isWhole) ? 0 : Infinity
  return Math.max(0, wanted - clean.reduce((sum, { cases }) => sum + cases, 0))
}

/** Adds what came of a row to the report, and writes the page again. A row that could not run has nothing to report. */
export function addToReport(outcome: Outcome, commit: string, isWhole: boolean, files: ReportFiles): void {
  if (outcome.errors.length > 0 || outcome.cases === 0) return
  const { row, title, cases, seed, seconds, notes, counts } = outcome
  const date = new Date().toISOString().slice(0, 10)
  const violations = outcome.violations.length
  const run = { row, title, cases, violations, seed, commit, date, seconds, isWhole, notes, counts }
  writeReport([...readReport(files.json), run], files)
}

/** The page for people. */
export function pageOf(runs: readonly ReportedRun[]): string {
  const ids = Object.keys(figures).filter((id) => runs.some(({ row }) => row === id))
  const number = (value: number): string => value.toLocaleString('en-US')
  const summary = ids.map((id) => {
    const own = runs.filter(({ row }) => row === id)
    const sum = (of: (run: ReportedRun) => number): number => own.reduce((total, run) => total + of(run), 0)
    const wanted = figures[id]!.N
    const aim = wanted === Infinity ? 'a whole sweep' : number(wanted)
    const found = sum(({ violations }) => violations)
    const counted = [...new Set(own.flatMap(({ counts }) => Object.keys(counts)))].map(
      (what) => `, ${number(sum(({ counts }) => counts[what] ?? 0))} ${what}`,
    )
    const isCut = wanted === Infinity && missingCases(id, runs) > 0
    const done = `${number(sum(({ cases }) => cases))}${isCut ? ', not to its end' : ''}${counted.join('')}`
    return `| ${id} | ${own.at(-1)!.title} | ${done} | ${aim} | ${number(found)} |`
  })
  const lines = runs.map(
    ({ row, cases, violations, seed, commit, date, seconds }) =>
      `| ${row} | ${number(cases)} | ${number(violations)} | ${seed} | \`${commit}\` | ${date} | ${number(Math.round(seconds))} |`,
  )
  const notes = ids.flatMap((id) => {
    const texts = new Set(runs.flatMap((run) => (run.row === id ? run.notes : [])))
    return [...texts].map((text) => `- ${id}: ${text}`)
  })
  return `# Fault report

Written by \`npm run -s faults -- --tier N --resume\`: what was injected into this version and the ones shortly before it, and how often a promise was broken.
A row that is not here was not run. A run that broke a promise stays in the list, and does not count towards the aim.

| Row | Fault, and what holds | Cases | Aim | Broken promises |
|---|---|---:|---:|---:|
${summary.join('\n')}

## What was measured on the way

${notes.length === 0 ? 'Nothing.' : notes.join('\n')}

## Each run

The same seed gives the same cases again: \`npm run -s faults -- --tier N --row J2 --seed 7\`.

| Row | Cases | Broken promises | Seed | Commit | Date | Seconds |
|---|---:|---:|---:|---|---|---:|
${lines.join('\n')}
`
}
