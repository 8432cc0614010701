/** The example on real brokers: what it prints there is what it prints on a journal. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { folder } from '../process/example-program.ts'
import { brokers, fresh } from './stage.ts'

const example = join(import.meta.dirname, '../../examples/threat-watch')

/** Between two headings, keys overtake each other. */
const inAnyOrder = (text: string): string[] =>
  text.split(/^(?=-- )/m).map((part) => part.trim().split('\n').sort().join('\n'))

test('threat-watch finds on a cluster what it finds on a journal', { timeout: 300_000 }, async (t) => {
  const cluster = ['--bus', 'kafka', '--brokers', brokers.bootstrap.join(','), '--prefix', fresh('threat-watch.')]

  const { stdout } = await promisify(execFile)(process.execPath, [join(example, 'main.ts'), ...cluster], {
    cwd: folder(t),
    env: { ...process.env, NO_COLOR: '1' },
    timeout: 280_000,
    killSignal: 'SIGKILL',
  })

  const expected = readFileSync(join(example, 'expected-output.txt'), 'utf8')
  assert.deepEqual(inAnyOrder(stdout), inAnyOrder(expected))
})
