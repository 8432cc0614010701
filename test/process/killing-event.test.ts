/** One event among 200 kills the process: a supervisor that does nothing but start it again sees everything else handled, and that one given up. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const program = join(import.meta.dirname, 'programs', 'killing-event.ts')
const killsMax = 3
/** One death with everything in flight, one in reach, the deaths alone, and some for stops before the killing one that ran ahead. */
const runsMax = 12

interface Run {
  readonly code: number | null
  readonly errors: string
  readonly output: string
  /** What ran alone, as `<stop> <event> <try>`. */
  readonly alone: readonly string[]
}

function run(dir: string, kind: string): Promise<Run> {
  const child = spawn(process.execPath, [program, dir, kind], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 })
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, errors, output, alone: errors.split('\n').flatMap(aloneIn) }))
  })
}

function aloneIn(line: string): string[] {
  if (!line.startsWith('{')) return []
  const { message, metrobus } = JSON.parse(line) as { message: string; metrobus: { stop: string; event: string } }
  return message.startsWith('running alone, try ')
    ? [`${metrobus.stop} ${metrobus.event} ${message.slice('running alone, try '.length)}`]
    : []
}

for (const kind of ['effectful', 'pure', 'retrying'])
  test(`an event that kills the process is convicted after exactly ${killsMax} deaths alone, and everything else is handled (${kind} stop)`, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'metrobus-killing-'))
    t.after(() => rmSync(dir, { recursive: true, force: true }))
    const runs: Run[] = []
    while (runs.length < runsMax && (runs.at(-1)?.code ?? null) === null) runs.push(await run(dir, kind))

    const last = runs.at(-1)!
    assert.equal(last.code, 0, `ended so after ${runs.length} runs:\n${last.errors.slice(-2_000)}`)
    const deathsAlone = runs.slice(0, -1).flatMap(({ alone }) => alone.slice(-1))
    assert.deepEqual(deathsAlone, ['check e137~1 1', 'check e137~1 2', 'check e137~1 3'])
    const { ended, dead } = JSON.parse(last.output) as {
      ended: string[]
      dead: { ride: string; where: string; cause: string }[]
    }
    assert.deepEqual(
      dead.map(({ ride, where, cause }) => [ride, where, cause]),
      [['e137', 'check', 'MB_KILLED_PROCESS']],
    )
    const expected = Array.from({ length: 200 }, (_, n) => (n === 137 ? 'e137 dead' : `e${n} done`))
    assert.deepEqual(ended.toSorted(), expected.toSorted())
  })
