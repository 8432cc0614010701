/** Whether an app whose handler failed has kept its promises. */
import { describeViolations, judge } from '../../../src/testing/index.ts'
import { eventsTo } from '../programs/events.ts'
import { attemptsMax, isPoison } from '../programs/failing-places.ts'
import type { FailingLife } from '../programs/failing-places.ts'
import { archived } from './app-judge.ts'

/** Throws unless all events up to `last` are in the archive, once and in the order of their keys, but those that always fail: these, and no others, were given up. */
export function judgeFailing(life: FailingLife, last: number, lines: readonly string[]): void {
  const sent = eventsTo(last, life.keys)
  const expects = ({ number }: { readonly number: number }): boolean => !isPoison(number, life)
  const events = archived(`${life.dir}/archive.ndjson`)
  const acknowledged = sent.map(({ number }) => number)
  const wrong = judge({ sent, acknowledged, places: [{ name: 'archive', events, expects }] })
  if (wrong.length > 0) throw new Error(describeViolations(wrong))
  const given = deadIn(lines)
  const expected = acknowledged.filter((number) => isPoison(number, life)).map((number) => `${number} ${attemptsMax}`)
  const found = given.map(({ number, attempts }) => `${number} ${attempts}`)
  if (found.toSorted().join() !== expected.toSorted().join())
    throw new Error(`Given up, with attempts: ${found.join(', ')}\nand it should be ${expected.join(', ')}`)
}

/** What was given up, from what the program said. */
export const deadIn = (lines: readonly string[]): readonly { number: number; attempts: number; cause: string }[] =>
  lines.flatMap((line) => {
    const [, number, attempts, cause] = /^dead (\d+) (\d+) (.*)$/.exec(line) ?? []
    return number === undefined ? [] : [{ number: Number(number), attempts: Number(attempts), cause: cause! }]
  })

/** The tries that failed, in their order. */
export const triesIn = (lines: readonly string[]): readonly { number: number; attempt: number; atMs: number }[] =>
  lines.flatMap((line) => {
    const [, number, attempt, atMs] = /^try (\d+) (\d+) (\d+)$/.exec(line) ?? []
    return number === undefined ? [] : [{ number: Number(number), attempt: Number(attempt), atMs: Number(atMs) }]
  })
