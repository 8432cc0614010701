/** What people and programs see of a run: a bar while it goes on, where there is a terminal; then a table, or one JSON line a row. */
import { SingleBar } from 'cli-progress'
import Table from 'cli-table3'
import type { Outcome } from './pool.ts'
import type { Tier } from './row.ts'

export interface Display {
  progressed(outcomes: readonly Outcome[]): void
  ended(outcome: Outcome): void
  finished(outcomes: readonly Outcome[], seconds: number): void
}

export const isClean = ({ violations, errors }: Outcome): boolean => violations.length === 0 && errors.length === 0

/** `commit` is of the tree that is tested. */
export function displayOn(isJson: boolean, tier: Tier, commit: string): Display {
  const bar = process.stderr.isTTY ? barOf() : undefined
  const say = (text: string): void => {
    bar?.clear()
    process.stderr.write(`${text}\n`)
  }
  return {
    progressed: (outcomes) => bar?.update(outcomes),
    ended: (outcome) => {
      for (const fault of faultsOf(outcome, tier)) say(fault)
      if (isJson) console.log(JSON.stringify(lineOf(outcome, commit)))
      else if (bar === undefined) say(`${isClean(outcome) ? '✔' : '✖'} ${outcome.row} ${summaryOf(outcome)}`)
    },
    finished: (outcomes, seconds) => {
      bar?.stop()
      if (!isJson) console.log(tableOf(outcomes))
      // As node:test closes, so that the same count reads both.
      const passed = outcomes.filter(isClean).length
      const closing = [`ℹ pass ${passed}`, `ℹ fail ${outcomes.length - passed}`, `ℹ seconds ${seconds}`].join('\n')
      ;(isJson ? process.stderr : process.stdout).write(`${closing}\n`)
    },
  }
}

const shownMax = 10

/** Each broken promise with the command that breaks it again. */
function faultsOf({ row, seed, violations, errors }: Outcome, tier: Tier): readonly string[] {
  const again = `npm run -s faults -- --tier ${tier} --row ${row} --seed ${seed}`
  const shown = violations
    .slice(0, shownMax)
    .map(({ text, number }) => `✖ ${row}: ${text}\n  ${again} --case ${number}`)
  if (violations.length > shownMax) shown.push(`✖ ${row}: and ${violations.length - shownMax} more`)
  return [...shown, ...errors.map((text) => `✖ ${row} could not run: ${text}`)]
}

const lineOf = ({ row, cases, violations, seed, seconds, errors, notes, counts }: Outcome, commit: string): object => ({
  row,
  cases,
  violations: violations.length,
  seed,
  commit,
  seconds,
  ...counts,
  ...(errors.length === 0 ? {} : { errors }),
  ...(notes.length === 0 ? {} : { notes }),
})

const summaryOf = ({ cases, violations, errors, seconds }: Outcome): string =>
  errors.length > 0 ? 'could not run' : `${cases} cases, ${violations.length} broken promises, ${seconds} s`

function tableOf(outcomes: readonly Outcome[]): string {
  const right = 'right' as const
  const colAligns = ['left' as const, 'left' as const, right, right, right]
  const table = new Table({
    head: ['row', 'fault, and what holds', 'cases', 'broken', 'seconds'],
    colAligns,
    style: { head: [], border: [] },
  })
  for (const outcome of outcomes) {
    const { row, title, cases, violations, seconds, notes, counts, errors } = outcome
    const more = Object.entries(counts).map(([what, count]) => `${count.toLocaleString('en-US')} ${what}`)
    const broken = errors.length > 0 ? 'not run' : String(violations.length)
    table.push([
      `${isClean(outcome) ? '✔' : '✖'} ${row}`,
      [title, ...more, ...notes].join('\n'),
      cases,
      broken,
      seconds,
    ])
  }
  return table.toString()
}

/** Shares of all rows; a sweep, whose length nobody knows, counts when it has ended. */
function barOf(): { update(outcomes: readonly Outcome[]): void; clear(): void; stop(): void } {
  const bar = new SingleBar({
    format: '{bar} {percentage} % | {cases} cases, {broken} broken promises | {duration_formatted}',
    clearOnComplete: true,
    hideCursor: true,
  })
  bar.start(1, 0, { cases: 0, broken: 0 })
  return {
    update: (outcomes) => {
      const sum = (of: (outcome: Outcome) => number): number =>
        outcomes.reduce((total, outcome) => total + of(outcome), 0)
      const done = sum(({ cases, wanted }) => (wanted === Infinity ? 0 : Math.min(1, cases / wanted)))
      const broken = sum(({ violations }) => violations.length)
      bar.setTotal(Math.max(1, outcomes.filter(({ wanted }) => wanted < Infinity).length))
      bar.update(done, { cases: sum(({ cases }) => cases), broken })
    },
    clear: () => process.stderr.write('\r\u001B[K'),
    stop: () => bar.stop(),
  }
}
