/**
 * R1. Routes in a circle: random maps whose stops reroute, push, pop, split and go back as they like. No event takes more hops than its limit; one that would is given
 * up with the circle in its message; every other one ends; and the map shows the circle before anything rides.
 */
import assert from 'node:assert/strict'
import { mapOf } from '../../../src/itinerary/map.ts'
import type { Router } from '../../../src/itinerary/router.ts'
import { plotSlip, spareHops } from '../../../src/itinerary/slip.ts'
import type { StopDefinition } from '../../../src/stop/definition.ts'
import { drop, pop, push, reroute, split } from '../../../src/stop/outcome.ts'
import { SeededRandom } from '../../../src/testing/index.ts'
import { entryOf, lineOf, stopOf, world } from '../../runtime/harness.ts'
import { eachCase } from '../row.ts'
import type { Row } from '../row.ts'

const events = 5
/** A split in a circle doubles what rides, so there are not many. */
const splitsMax = 6

export const row: Row = {
  id: 'R1',
  title: 'random maps with circles: no event beyond its hop limit, and the circle is in the dead letter',
  tiers: 'PN',
  isDivisible: true,
  run: (context) => eachCase(context, ({ random }) => rideAround(random)),
}

/** What an event carries: where it was, which no code of ours counts. */
interface Item {
  readonly key: string
  readonly trail: readonly string[]
}

interface Graph {
  readonly router: Router
  /** Stops of the longest plan. */
  readonly planned: number
}

async function rideAround(random: SeededRandom): Promise<void> {
  const w = world({ partitions: 1, handOver: random.pick(['bytes', 'reference']) })
  const longest: Item[] = []
  const seen = (item: Item): void => void longest.push(item)
  const { router, planned } = random.chance(0.3) ? conducted(random, seen) : rerouting(random, seen)
  const app = await w.start({ entries: [entryOf('in', router)] })
  for (let n = 0; n < events; n++) void app.send('in', { key: `k${n}`, trail: [] } satisfies Item)
  await w.clock.advance(1000)
  await app.caughtUp()

  // One more than the limit: the entry takes no hop.
  const limit = planned + spareHops + 1
  for (const { trail } of longest) assert.ok(trail.length <= limit, `${trail.length} hops of ${limit}: ${trail.join()}`)
  for (const { cause, message, data } of await app.deadLetters.list()) {
    const { trail } = data as Item
    assert.equal(cause, 'MB_HOP_LIMIT', message)
    const circle = trail.filter((name, index) => trail.indexOf(name) < index)
    assert.ok(
      circle.some((name) => message.includes(name)),
      `the circle ${circle.join()} is not in: ${message}`,
    )
    if (router.kind === 'line')
      assert.ok(mapOf(app.definition).loops.length > 0, `the map shows no circle: ${trail.join()}`)
  }
  await app.stop()
}

/** A line whose stops may turn to other lines of the same stops. */
function rerouting(random: SeededRandom, seen: (item: Item) => void): Graph {
  const targets = new Map<string, { line: string; version: string; stops: StopDefinition[] }>()
  const stops: StopDefinition[] = Array.from({ length: random.between(1, 7) }, (_, index) => {
    const mine = random.fork()
    return stopOf(
      `s${index}`,
      turn(`s${index}`, mine, () => [...targets.keys()], seen),
      { targets },
    )
  })
  for (let target = random.between(1, 4); target > 0; target--)
    targets.set(`t${target}`, {
      line: `t${target}`,
      version: '1',
      stops: Array.from({ length: random.between(1, 4) }, () => random.pick(stops)),
    })
  const line = random.shuffle(stops).slice(0, random.between(1, stops.length))
  if (random.chance(0.3)) Object.assign(line.at(-1)!, { next: random.pick(stops) })
  return { router: lineOf('main', ...line), planned: line.length }
}

const turn =
  (name: string, random: SeededRandom, targets: () => readonly string[], seen: (item: Item) => void) =>
  ({ key, trail }: Item): unknown => {
    const item = { key, trail: [...trail, name] }
    seen(item)
    const target = random.pick(targets())
    const splits = trail.filter((place) => place.endsWith('!')).length
    if (splits < splitsMax && random.chance(0.1)) {
      const child = { key, trail: [...trail, `${name}!`] }
      return split(random.chance(0.5) ? [child] : [child, child])
    }
    if (random.chance(0.3)) return push(target, item)
    if (random.chance(0.3)) return reroute(target, item)
    if (random.chance(0.05)) return pop(item)
    return random.chance(0.02) ? drop('enough') : item
  }

/** A conductor that sends events anywhere. */
function conducted(random: SeededRandom, seen: (item: Item) => void): Graph {
  const names = Array.from({ length: random.between(1, 7) }, (_, index) => `s${index}`)
  const stops = names.map((name) =>
    stopOf(name, ({ key, trail }: Item) => {
      const item = { key, trail: [...trail, name] }
      seen(item)
      return item
    }),
  )
  const ends = random.chance(0.5) ? 0 : 0.1
  const conduct = (): string | undefined => (random.chance(ends) ? undefined : random.pick(names))
  const plot = (): string => plotSlip('rules', '1', [names[0]!], names.length + spareHops)
  const lines = [{ name: 'rules', version: '1', stops }]
  return { router: { kind: 'conductor', name: 'rules', stops, lines, plot, conduct }, planned: names.length }
}
