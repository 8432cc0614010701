/** The program is killed with -9 and started again: it goes on where it was, and nobody is told of a threat twice. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SeededRandom, chooseSeed } from '../../src/testing/index.ts'
import { folder, run, start } from '../../test/process/example-program.ts'
import { startReceiver } from './world/receiver.ts'

const main = 'examples/threat-watch/main.ts'
const kills = 4

/** As the run that nobody disturbs tells them: kind and subject. */
const expected = readFileSync(join(import.meta.dirname, 'expected-output.txt'), 'utf8')
  .split(/^-- .*\n/m)[1]!
  .matchAll(/^(\S+) (\S+):/gm)
  .map(([, kind, subject]) => `${kind} ${subject}`)
  .toArray()

test('what was killed goes on, and every threat is told once', { timeout: 240_000 }, async (t) => {
  const random = new SeededRandom(chooseSeed())
  await using receiver = await startReceiver()
  const cwd = folder(t)
  const args = ['--webhook', receiver.url]

  for (let kill = 0; kill < kills; kill++) {
    const { child, ended } = start(t, main, args, cwd)
    const told = receiver.alerts.size
    // Some are killed at any time, also while they start, and some as soon as they have told of something.
    const isDue = kill % 2 === 0 ? () => false : () => receiver.alerts.size > told
    const until = Date.now() + random.between(100, 8_000)
    while (Date.now() < until && !isDue() && child.exitCode === null) await sleep(5)
    child.kill('SIGKILL')
    await ended
  }
  const { code, stderr } = await run(t, main, args, cwd)

  assert.deepEqual([code, stderr], [0, ''], `seed ${random.seed}`)
  const told = [...receiver.alerts.values()].map(({ kind, subject }) => `${kind} ${subject}`)
  assert.deepEqual(told.toSorted(), expected.toSorted(), `seed ${random.seed}`)
})
