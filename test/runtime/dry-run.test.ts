/** Dead letters that are tried on the current code: all is told, and nothing is written. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StopDefinition } from '../../src/stop/definition.ts'
import { drop, split } from '../../src/stop/outcome.ts'
import { entryOf, lineOf, stopOf, world, type Handler } from './harness.ts'

/** An app whose first event has become a dead letter of `work`; `tell` answers the next try. */
async function given(tell: Handler, changes: Partial<Omit<StopDefinition, 'policy'>> = {}) {
  const stage = world({ partitions: 1 })
  let calls = 0
  const work = stopOf(
    'work',
    (data: never, context) => {
      if (calls++ === 0) throw new Error('the old code')
      return tell(data, context)
    },
    { hasEffects: false, policy: { attempts: 1 }, ...changes },
  )
  const next = stopOf('next', () => {}, { outSchema: undefined })
  const app = await stage.start({ entries: [entryOf('in', lineOf('main', work, next))] })
  await app.send('in', { key: 'k', n: 1 })
  await app.caughtUp()
  const [letter] = await app.deadLetters.list()
  const standing = async (): Promise<string> => {
    const { topics } = { topics: await app.inspector.topics() }
    return JSON.stringify([topics.map(({ partitions }) => partitions), await app.inspector.groups(), app.stats()])
  }
  return { stage, app, place: letter!.place, standing, calls: () => calls }
}

test('what would go on is told with where, and neither records nor positions nor counts change', async () => {
  const { app, place, standing } = await given((data: { n: number }, { report }) => {
    report(new Error('odd'))
    return { key: 'k', n: data.n + 1 }
  })
  const before = await standing()
  const answer = await app.deadLetters.dryRun(place)
  await app.caughtUp()
  assert.deepEqual(answer, {
    ran: true,
    issues: [],
    outcome: 'forward',
    sends: [{ topic: 'app.next', key: 'k', data: { key: 'k', n: 2 } }],
    reports: ['odd'],
    error: null,
  })
  assert.equal(await standing(), before)
  assert.equal((await app.deadLetters.show(place))?.state, 'waiting')
  await app.stop()
})

test('drops, splits and failures are told as what they would be', async () => {
  const tells: [unknown, string, number][] = [
    [drop('no-need'), 'dropped:no-need', 0],
    [split([{ a: 1 }, { a: 2 }]), 'split:2', 2],
  ]
  for (const [told, outcome, sends] of tells) {
    const { app, place, standing } = await given(() => told)
    const before = await standing()
    const answer = await app.deadLetters.dryRun(place)
    assert.deepEqual([answer.outcome, answer.sends.length, answer.error], [outcome, sends, null])
    assert.equal(await standing(), before)
    await app.stop()
  }
  const { app, place } = await given(() => {
    throw new TypeError('still broken')
  })
  const { outcome, error } = await app.deadLetters.dryRun(place)
  assert.deepEqual([outcome, error], ['failed', { code: 'TypeError', message: 'still broken' }])
  await app.stop()
})

test('a stop with effects is not run, and other data is checked by its schema', async () => {
  const issue = { message: 'n is missing' }
  const inSchema: StopDefinition['inSchema'] = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => ((value as { n?: number }).n === undefined ? { issues: [issue] } : { value }),
    },
  }
  const { app, place, calls } = await given(() => assert.fail('it was run'), { hasEffects: true, inSchema })
  const fits = await app.deadLetters.dryRun(place)
  const other = await app.deadLetters.dryRun(place, { data: { key: 'k' } })
  assert.deepEqual([fits.ran, fits.issues, fits.outcome], [false, [], null])
  assert.equal(other.issues.length, 1)
  assert.equal(calls(), 1)
  await assert.rejects(app.deadLetters.dryRun('work/0/99'), { code: 'MB_NOT_FOUND' })
  await app.stop()
})

test('a handler that does not answer is late, and the dry run ends', async () => {
  const { stage, app, place } = await given(() => new Promise(() => {}))
  const trying = app.deadLetters.dryRun(place)
  await stage.clock.advance(120_000)
  assert.equal((await trying).error?.code, 'MB_DEADLINE')
  await app.stop()
})
