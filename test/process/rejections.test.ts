/** What a handler leaves behind is told to its stop and event; what is not ours ends the process as if we were not there. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

function run(kind: string): { readonly code: number | null; readonly output: string; readonly errors: string } {
  const program = join(import.meta.dirname, 'programs', 'rejecting.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, kind], { encoding: 'utf8', timeout: 30_000 })
  return { code: status, output: stdout, errors: stderr }
}

const logged = (
  errors: string,
): { readonly message: string; readonly metrobus: { readonly [name: string]: unknown } }[] =>
  errors
    .split('\n')
    .filter((line) => line.startsWith('{"@timestamp"'))
    .map((line) => JSON.parse(line))

test('a rejection that a handler left behind goes to the error log with its stop and event, and the app goes on', () => {
  const { code, output, errors } = run('promise')

  assert.equal(code, 0, errors)
  const { stop, id, message } = JSON.parse(output)
  assert.deepEqual({ stop, id, message }, { stop: 'careless', id: 'e2', message: 'left behind' })
})

test('an exception in a timer that a handler left behind is logged with its stop and event, and ends the process', () => {
  const { code, errors } = run('timer')

  assert.equal(code, 1)
  const lines = logged(errors).filter(({ message }) => message.includes('the process ends'))
  assert.deepEqual(
    lines.map(({ metrobus }) => [metrobus['stop'], metrobus['event'], metrobus['error']]),
    [['careless', 'e2', 'Error: left behind']],
  )
  assert.match(errors, /Error: left behind\n +at .*rejecting\.ts/, 'and Node says where')
})

test('a rejection that is not ours ends the process as if nobody listened', () => {
  const { code, output, errors } = run('foreign')

  assert.equal(code, 1)
  assert.equal(output, '')
  assert.deepEqual(logged(errors), [])
  assert.match(errors, /Error: left behind\n +at failLater .*rejecting\.ts/)
})
