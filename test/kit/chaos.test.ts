import assert from 'node:assert/strict'
import test from 'node:test'
import * as z from 'zod'
import { deadLetter, stop } from '../../src/index.ts'
import { chaos, given } from '../../src/testing/index.ts'
import type { ChaosOptions, Try } from '../../src/testing/index.ts'

const Order = z.object({ id: z.string() })

/** Twenty events at a stop that is disturbed, and how often its handler began. */
async function disturbed(options: ChaosOptions): Promise<{ readonly tries: readonly Try[]; readonly began: number }> {
  let began = 0
  const keep = stop('keep', { in: Order, middleware: [chaos({ seed: 3, ...options })] }, () => void began++)
  const scenario = given(keep)
  for (let index = 0; index < 20; index++) scenario.when({ id: `o-${index}` }, { key: `${index}` })
  const { tries, deadLetters } = await scenario
  assert.deepEqual(deadLetters, [])
  return { tries, began }
}

const failed = (tries: readonly Try[]): number => tries.filter(({ error }) => error !== undefined).length

test('tries fail before the handler, and are tried again', async () => {
  const { tries, began } = await disturbed({ fail: 0.4 })
  assert.ok(failed(tries) >= 4)
  assert.equal(began, 20)
  assert.match(String(tries.find(({ error }) => error !== undefined)?.error), /fail before its handler, with seed 3/)
})

test('outcomes are lost after the handler, so that it handles the event again', async () => {
  const { tries, began } = await disturbed({ duplicate: 0.4 })
  assert.ok(failed(tries) >= 4)
  assert.equal(began, 20 + failed(tries))
})

test('an event fails no more often than it may', async () => {
  const { tries } = await disturbed({ fail: 1, failuresMax: 3 })
  assert.deepEqual([tries.length, failed(tries)], [80, 60])
})

test('tries are late, on the clock of the test', async () => {
  const { tries } = await disturbed({ delay: 0.5, delayMax: { seconds: 20 } })
  const late = tries.filter(({ tookMs }) => tookMs! > 0)
  assert.ok(late.length >= 5 && late.length <= 15)
  assert.ok(late.every(({ tookMs }) => tookMs! < 20_000))
})

test('the same seed disturbs the same tries', async () => {
  const told = async (seed: number): Promise<unknown> => {
    const { tries } = await disturbed({ seed, fail: 0.3, delay: 0.3 })
    return tries.map(({ event, attempt, error, tookMs }) => [event, attempt, error === undefined, tookMs])
  }
  assert.deepEqual(await told(5), await told(5))
  assert.notDeepEqual(await told(5), await told(6))
})

test('an outcome of the handler passes, and wrong shares are refused together', async () => {
  const refuse = stop('refuse', { in: Order, middleware: [chaos({ seed: 1 })] }, () => deadLetter('no'))
  await given(refuse).when({ id: 'o' }).thenDeadLetters('no')
  assert.throws(() => chaos({ fail: 2, delay: -1 }), { code: 'MB_BAD_OPTIONS', message: /fail must .*; delay must/ })
})
