/**
 * Runs test files in this process's folder and says whether all is well.
 *
 * It exists instead of a bare `node --test` because that command is green in three cases that must be red: when
 * no file matches, when a file holds no test, and, under `CI=true`, when a test was skipped.
 */
import { globSync } from 'node:fs'
import { basename, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

export interface TestRun {
  /** Relative to the current folder. */
  readonly files: readonly string[]
  /** Files at the same time; true for as many as there are processors. */
  readonly concurrency: boolean | number
}

export const relativePath = (path: string): string => relative(process.cwd(), path).split(sep).join('/')

/** The files of a pattern below the paths that the command line names, or all. Ends the process with 1 when there are none: nothing was tested then. */
export function filesWanted(pattern: string): readonly string[] {
  const wanted = process.argv.slice(2).map(relativePath)
  const files = globSync(pattern)
    .map(relativePath)
    .filter((file) => wanted.length === 0 || wanted.some((path) => file.startsWith(path)))
    .toSorted()
  if (files.length > 0) return files
  console.error(`No test file below ${wanted.length === 0 ? process.cwd() : wanted.join(', ')}.`)
  return process.exit(1)
}

/** Resolves with true when every test passed, and every file held one. */
export async function testsPass({ files, concurrency }: TestRun): Promise<boolean> {
  let failed = false
  const faults = new Set<string>()
  // A file that hangs is a failure, not a run without an end; the longest kills processes for some minutes.
  const events = run({ cwd: process.cwd(), files: [...files], concurrency, timeout: 15 * 60_000 })

  events.on('test:fail', () => {
    failed = true
  })
  events.on('test:pass', ({ name, file = '', skip, todo, nesting }) => {
    // A file that declares no test passes under its own name.
    if (nesting === 0 && name.endsWith(basename(file)) && /\.(test|broker|browser|watched)\.[jt]s$/.test(file))
      faults.add(`No test in ${relativePath(file)}.`)
    if ((skip ?? todo) !== undefined && process.env['CI'] === 'true') faults.add(`Skipped: ${name}.`)
  })

  await pipeline(events, new spec(), process.stdout, { end: false })
  for (const fault of faults) console.error(fault)
  return !failed && faults.size === 0
}
