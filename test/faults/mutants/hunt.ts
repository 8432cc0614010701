/**
 * Runs a sweep in a process of its own, with a mutant in its source or without one, until it breaks a promise. The files are not touched: the mutant is put in
 * while they are loaded (`load.ts`), so two can be hunted at once.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Job, JobMessage } from '../job.ts'
import type { Hunt, Mutant } from './mutant.ts'

/** What came of a hunt. */
export interface Catch {
  /** The first broken promise; undefined when there was none. */
  readonly violation: string | undefined
  /** The case of the row that broke it. */
  readonly number: number | undefined
  /** Why it proves nothing: the sweep could not run, or never loaded the mutated file. */
  readonly error: string | undefined
  readonly seconds: number
}

const root = new URL('../../../', import.meta.url)
const loader = fileURLToPath(new URL('load.ts', import.meta.url))
/** The programs that a row starts are mutated, too. */
const preload = `--import=${pathToFileURL(loader).href}`
const job = fileURLToPath(new URL('../job.ts', import.meta.url))
/** A sweep that takes longer than this hangs, which is no proof of anything. */
const hangsAfterMs = 120_000
const keptBytes = 100_000
/** A mutant that fails for one of these is not the program that it should be. */
const misspelt = /\b(?:ReferenceError|ERR_INVALID_TYPESCRIPT_SYNTAX|ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX)\b/

/** Hunts a mutant, or, without one, sees that the sweep is clean. */
export async function hunt(mutant: Mutant | undefined, sought: Hunt, signal?: AbortSignal): Promise<Catch> {
  const began = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'metrobus-hunt-'))
  const armedFile = join(folder, 'armed')
  const isTest = sought.sweep.endsWith('.test.ts')
  const env = environment(mutant, sought, armedFile)
  const child = isTest ? startTest(sought, env) : startRow(sought, env)
  const found: Found = { said: '', hasEnded: false }
  const listen = isTest ? listenToTest : listenToRow
  const timer = setTimeout(() => end(child, found, 'it hangs'), hangsAfterMs)
  const stop = (): void => end(child, found, 'it was stopped')
  signal?.addEventListener('abort', stop)
  const code = await new Promise<number | null>((resolve) => {
    listen(child, found)
    child.on('error', (error) => end(child, found, String(error)))
    child.on('close', resolve)
  })
  clearTimeout(timer)
  signal?.removeEventListener('abort', stop)
  if (found.dir !== undefined) rmSync(found.dir, { recursive: true, force: true })
  const isArmed = mutant === undefined || existsSync(armedFile)
  rmSync(folder, { recursive: true })
  return {
    violation: found.violation,
    number: found.number,
    error: errorOf(found, code) ?? (isArmed ? undefined : `it never loaded ${mutant.file}`),
    seconds: Math.round((performance.now() - began) / 100) / 10,
  }
}

interface Found {
  /** What it has written. */
  said: string
  /** It says itself that it came to its end. */
  hasEnded: boolean
  violation?: string
  number?: number
  error?: string
  dir?: string
}

function errorOf(found: Found, code: number | null): string | undefined {
  const { violation = '', said, hasEnded } = found
  if (found.error !== undefined) return found.error
  if (misspelt.test(violation)) return `the mutant is misspelt: ${violation}`
  if (violation === '' && !hasEnded) return `it ended early (${code}): ${said.slice(-2000)}`
  return undefined
}

/** There is nothing more to learn. */
function end(child: ChildProcess, found: Found, error?: string): void {
  if (error !== undefined) found.error ??= error
  child.kill('SIGKILL')
}

const environment = (mutant: Mutant | undefined, { isSmall = false }: Hunt, armedFile: string): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_OPTIONS: preload,
  METROBUS_ARMED_FILE: armedFile,
  ...(mutant && { METROBUS_MUTANT: mutant.name }),
  ...(isSmall && { METROBUS_BOUNDS: 'small' }),
  // A test that runs in a test says nothing for people.
  NODE_TEST_CONTEXT: undefined,
})

function startRow(sought: Hunt, env: NodeJS.ProcessEnv): ChildProcess {
  const { sweep, seed, first = 0, cases } = sought
  const file = new URL(`test/faults/rows/${sweep.toLowerCase()}.ts`, root).href
  const wanted = cases === undefined ? {} : { cases }
  const task: Job = { row: sweep, file, tier: 'P', seed, first, step: 1, ...wanted }
  return spawn(process.execPath, [job, JSON.stringify(task)], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
}

function listenToRow(child: ChildProcess, found: Found): void {
  keepOutput(child, found)
  child.on('message', (message: JobMessage) => {
    if (message.kind === 'dir') found.dir = message.dir
    else if (message.kind === 'ended') found.hasEnded = true
    else if (message.kind === 'error') end(child, found, message.text)
    else if (message.kind === 'violation') {
      found.violation ??= message.text
      found.number ??= message.number
      end(child, found)
    }
  })
}

function startTest(sought: Hunt, env: NodeJS.ProcessEnv): ChildProcess {
  const { sweep, seed } = sought
  return spawn(process.execPath, ['--test-reporter=tap', sweep], {
    cwd: root,
    env: { ...env, METROBUS_SEED: String(seed), SEED: String(seed) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** The first test that fails is enough; what it says stands in the block behind it. */
function listenToTest(child: ChildProcess, found: Found): void {
  keepOutput(child, found)
  child.stdout!.on('data', () => {
    const failed = /^not ok \d+ - [\s\S]*?^ {2}\.\.\.$/m.exec(found.said)
    if (failed !== null && found.violation === undefined) {
      found.violation = failed[0]
      end(child, found)
    }
  })
  child.on('exit', (code) => {
    found.hasEnded = code === 0
  })
}

function keepOutput(child: ChildProcess, found: Found): void {
  const keep = (bytes: Buffer): void => {
    // The beginning says what it was, the end what went wrong.
    const said = found.said + bytes.toString()
    found.said = said.length <= keptBytes ? said : said.slice(0, keptBytes / 2) + said.slice(-keptBytes / 2)
  }
  child.stdout!.on('data', keep)
  child.stderr!.on('data', keep)
}
