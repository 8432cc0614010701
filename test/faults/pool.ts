/**
 * Runs jobs in processes of their own, several at once, and puts together what they say about each row. A job that dies, or ends without having said so,
 * is a row that could not run.
 */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compileCache } from './compiled.ts'
import type { Job, JobMessage, StopMessage } from './job.ts'
import type { Row, Tier } from './row.ts'

/** A row that is to run, and how much of it. */
export interface PlannedRow {
  readonly row: Row
  /** The file that exports it. */
  readonly file: string
  readonly cases: number
}

/** What came of a row. */
export interface Outcome {
  readonly row: string
  readonly title: string
  readonly wanted: number
  cases: number
  readonly violations: { readonly text: string; readonly number: number }[]
  /** Why it could not run, or not to its end. */
  readonly errors: string[]
  readonly notes: string[]
  /** What was counted beside the cases. */
  readonly counts: { [what: string]: number }
  readonly seed: number
  /** From the start of its first job to the end of its last one. */
  seconds: number
}

export interface PoolOptions {
  readonly tier: Tier
  readonly seed: number
  /** The number of the one case to do; undefined for all. */
  readonly only?: number | undefined
  /** Processes at once. */
  readonly jobsMax: number
  readonly signal: AbortSignal
  /** After the signal a case under way may take so long. */
  readonly graceMs: number
  /** By `performance.now()`: the signal comes then. Infinity: at no fixed time. */
  readonly endsAt: number
  progressed(outcomes: readonly Outcome[]): void
  ended(outcome: Outcome): void
}

const program = fileURLToPath(new URL('job.ts', import.meta.url))
/** What hears nothing for so long after its grace is killed. */
const deafMs = 30_000
const quietMinutesMax = 10
/** Enough to see why a process died. */
const keptBytes = 4000

/** Runs the rows, and resolves when all have ended. */
export async function runRows(rows: readonly PlannedRow[], options: PoolOptions): Promise<readonly Outcome[]> {
  const outcomes = new Map(rows.map(({ row, cases }) => [row.id, blank(row, cases, options.seed)]))
  const started = new Map<string, number>()
  const left = new Map<string, number>()
  const minutesOf = new Map(rows.map(({ row }) => [row.id, row.caseMinutes ?? 0]))
  const run = async (job: Job): Promise<void> => {
    const outcome = outcomes.get(job.row)!
    const now = performance.now()
    if (!started.has(job.row)) started.set(job.row, now)
    const caseMinutes = minutesOf.get(job.row)!
    if (!options.signal.aborted && now + caseMinutes * 60_000 < options.endsAt)
      await runJob(job, outcome, { ...options, quietMinutes: caseMinutes + quietMinutesMax }, () =>
        options.progressed([...outcomes.values()]),
      )
    outcome.seconds = Math.round((performance.now() - started.get(job.row)!) / 100) / 10
    left.set(job.row, left.get(job.row)! - 1)
    if (left.get(job.row) === 0) options.ended(outcome)
  }
  const queue = async (jobs: Job[], width: number): Promise<void> => {
    for (const { row } of jobs) left.set(row, (left.get(row) ?? 0) + 1)
    await Promise.all(
      Array.from({ length: width }, async () => {
        for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await run(job)
      }),
    )
  }
  const together = rows.filter(({ row }) => row.isAlone !== true)
  // What cannot be divided goes first, so that no processor waits for it in the end.
  const inOrder = [...together.filter(({ row }) => !row.isDivisible), ...together.filter(({ row }) => row.isDivisible)]
  await queue(
    inOrder.flatMap((planned) => jobsOf(planned, options)),
    options.jobsMax,
  )
  const alone = rows.filter(({ row }) => row.isAlone === true)
  await queue(
    alone.flatMap((planned) => jobsOf(planned, { ...options, jobsMax: 1 })),
    1,
  )
  return [...outcomes.values()]
}

const blank = ({ id, title }: Row, wanted: number, seed: number): Outcome => ({
  row: id,
  title,
  wanted,
  cases: 0,
  violations: [],
  errors: [],
  notes: [],
  counts: {},
  seed,
  seconds: 0,
})

/** The cases of a row in equal parts: one does the numbers 0, 2, 4, ..., another 1, 3, 5, ... */
function jobsOf({ row, file, cases }: PlannedRow, { tier, seed, only, jobsMax }: PoolOptions): readonly Job[] {
  const job = { row: row.id, file, tier, seed }
  if (only !== undefined) return [{ ...job, first: only, step: 1, cases: 1 }]
  const parts = row.isDivisible === true ? Math.min(jobsMax, cases) : 1
  return Array.from({ length: parts }, (_, part) => ({
    ...job,
    first: part,
    step: parts,
    ...(cases === Infinity ? {} : { cases: Math.floor(cases / parts) + (part < cases % parts ? 1 : 0) }),
  }))
}

interface JobLimits extends Pick<PoolOptions, 'signal' | 'graceMs'> {
  /** What says nothing for longer hangs. */
  readonly quietMinutes: number
}

function runJob(
  job: Job,
  outcome: Outcome,
  { signal, graceMs, quietMinutes }: JobLimits,
  progressed: () => void,
): Promise<void> {
  const child = spawn(process.execPath, [program, JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A row starts many processes of its own: most of what a short one does is to compile.
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  })
  let said = ''
  const keep = (bytes: Buffer): void => {
    said = (said + bytes.toString()).slice(-keptBytes)
  }
  child.stdout!.on('data', keep)
  child.stderr!.on('data', keep)
  let hasEnded = false
  let dir: string | undefined
  let violations = 0
  const hear = (message: JobMessage): void => {
    if (message.kind === 'dir') dir = message.dir
    if (message.kind === 'done') outcome.cases += message.count
    if (message.kind === 'count') outcome.counts[message.what] = (outcome.counts[message.what] ?? 0) + message.by
    if (message.kind === 'note' && !outcome.notes.includes(message.text)) outcome.notes.push(message.text)
    if (message.kind === 'error') outcome.errors.push(message.text)
    if (message.kind === 'ended') hasEnded = true
    if (message.kind === 'violation') {
      violations++
      outcome.violations.push({ text: message.text, number: message.number })
    }
    quiet.refresh()
    progressed()
  }
  const quiet = setTimeout(() => {
    outcome.errors.push(`it said nothing for ${quietMinutes} minutes`)
    child.kill('SIGKILL')
  }, quietMinutes * 60_000)
  child.on('message', hear)
  let grace: NodeJS.Timeout | undefined
  const stop = (): void => {
    if (child.connected) child.send({ graceMs } satisfies StopMessage)
    grace = setTimeout(() => child.kill('SIGKILL'), graceMs + deafMs)
  }
  signal.addEventListener('abort', stop)
  return new Promise((resolve) => {
    child.on('error', (error) => outcome.errors.push(String(error)))
    child.on('close', (code, killedBy) => {
      clearTimeout(grace)
      clearTimeout(quiet)
      signal.removeEventListener('abort', stop)
      if (!hasEnded) outcome.errors.push(`its process ended early (${killedBy ?? code}): ${said}`)
      const isClean = hasEnded && violations === 0
      if (isClean && dir !== undefined) rmSync(dir, { recursive: true, force: true })
      resolve()
    })
  })
}
