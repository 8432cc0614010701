/** A handler that blocks the event loop is named while it does, with its event and the line where it is, and again when it is over. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const program = join(import.meta.dirname, 'programs', 'blocking.ts')
const blocked = 'the event loop is blocked'

interface Told {
  readonly message: string
  readonly metrobus: {
    readonly stop?: string
    readonly event?: string
    readonly stack: readonly string[]
    readonly blockedMs: number
  }
}

interface Run {
  readonly code: number | null
  /** The lines of the log written before the handler came to its end. */
  readonly during: readonly Told[]
  readonly errorLog: readonly {
    readonly stop?: string
    readonly id?: string
    readonly place?: string
    readonly message: string
  }[]
}

function run(kind: string): Promise<Run> {
  const child = spawn(process.execPath, [program, kind], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 })
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      const during = linesOf(errors.slice(0, errors.indexOf('the handler ends'))) as Told[]
      resolve({
        code,
        during: during.filter(({ message }) => message === blocked),
        errorLog: linesOf(output) as Run['errorLog'],
      })
    })
  })
}

function linesOf(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
}

for (const kind of ['effectful', 'pure', 'awaiting'])
  test(`a blocked event loop is reported with stop, event and stack while it is blocked, and with its length afterwards (${kind} stop)`, async () => {
    const { code, during, errorLog } = await run(kind)

    assert.equal(code, 0)
    assert.equal(during.length, 1)
    const { stop, event, stack, blockedMs } = during[0]!.metrobus
    assert.deepEqual([stop, event], ['slow', 'e1'])
    const [first, second] = stack.filter((frame) => !frame.includes('node:internal'))
    assert.match(first ?? '', /^grind \(file:.*blocking\.ts:\d+:\d+\)$/)
    assert.match(second ?? '', /^work \(/)
    assert.ok(blockedMs >= 1_000 && blockedMs < 4_000, `${blockedMs} ms`)
    assert.equal(errorLog.length, 1)
    assert.deepEqual([errorLog[0]!.stop, errorLog[0]!.id], ['slow', 'e1'])
    assert.match(errorLog[0]!.place ?? '', /^grind /)
    assert.match(errorLog[0]!.message, /^The event loop was blocked for (39|[4-9]\d)\d\d ms by the stop "slow"/)
  })

test('a call that cannot be interrupted is reported with its stop while it blocks', async () => {
  const { code, during, errorLog } = await run('native')

  assert.equal(code, 0)
  assert.deepEqual(
    during.map(({ metrobus }) => [metrobus.stop, metrobus.stack]),
    [['slow', []]],
  )
  assert.equal(errorLog[0]?.stop, 'slow')
})
