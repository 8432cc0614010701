/**
 * R2: rabbits. A stop splits every event into some and sends these to itself, so that each origin would become more than a million. None gets more children than its ride may have, what
 * is refused is a dead letter that says so, nothing is lost, memory stays, and the other events ride.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { childrenMax } from '../../../src/itinerary/slip.ts'
import { runToEnd } from '../real/child.ts'
import { smallHeap } from '../real/proc.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

const attemptedMin = 1_000_000
/** Of the rules, which are one stop long. */
const hopsMax = 17
/** Above an app that has just begun: ten thousand events at once, and as many dead letters. Its heap has no more than that. */
const growthMiBMax = 128
const plain = 100
/** Tens of thousands of splits into tens of thousands, each refused, are half a minute of processor time: this is no matter of time. */
const endsWithinMs = 15 * 60_000

export const row: Row = {
  id: 'R2',
  title:
    'splits that would become millions: each origin keeps to its children, the rest is refused by name, the others ride',
  tiers: 'N',
  isDivisible: true,
  run: (context) => eachCase(context, (item) => breed(item, context)),
}

async function breed({ number, random }: Case, context: RowContext): Promise<void> {
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const fans = Array.from({ length: random.between(1, 4) }, () =>
    random.pick([3, 4, 7, 10, 50, 100, 1000, 10_000, 20_000]),
  )
  const origins = random.between(1, 3)
  if (attempted(fans) < attemptedMin) throw new Error(`${fans.join()} are not rabbits`)
  const life = { dir, fans, origins, plain }
  const { code, lines, errors } = await runToEnd({ program: 'rabbit-app', life, nodeOptions: smallHeap }, endsWithinMs)
  if (code !== 0) throw new Error(`Of ${fans.join()}: it ended with ${code}:\n${errors}`)
  const said = lines.map((line) => line.split(' '))
  const sumOf = (what: string, origin: number): number =>
    said.reduce(
      (sum, [word, of, ...rest]) => (word === what && Number(of) === origin ? sum + Number(rest.at(-1)) : sum),
      0,
    )
  for (const [word, , cause] of said)
    if (word === 'dead' && cause !== 'MB_TOO_MANY_CHILDREN' && cause !== 'MB_HOP_LIMIT')
      throw new Error(`Of ${fans.join()}: given up for ${cause}`)
  for (let origin = 1; origin <= origins; origin++) judge(origin, fans, sumOf)
  const figure = (what: string): number => Number(said.find(([word]) => word === what)![1])
  if (figure('plain') !== plain) throw new Error(`Of ${fans.join()}: only ${figure('plain')} of the others rode`)
  if (figure('memory') > growthMiBMax) throw new Error(`Of ${fans.join()}: it grew by ${figure('memory')} MiB`)
  rmSync(dir, { recursive: true })
}

/** How many would come of one origin by its hop limit alone. */
function attempted(fans: readonly number[]): number {
  let generation = 1
  let sum = 0
  for (let hop = 0; hop < hopsMax; hop++) {
    generation *= fans[Math.min(hop, fans.length - 1)]!
    sum += generation
  }
  return sum
}

/** All that came of an origin was taken; each event split or is a dead letter. */
function judge(origin: number, fans: readonly number[], sumOf: (what: string, origin: number) => number): void {
  const [took, dead] = [sumOf('took', origin), sumOf('dead', origin)]
  const of = `Of ${fans.join()}, origin ${origin}`
  if (took - 1 > childrenMax) throw new Error(`${of}: ${took - 1} children`)
  if (dead === 0) throw new Error(`${of}: nothing was refused`)
  // As many were taken as were made: the origin, and the parts of each event that split.
  const made = 1 + sumOf('wanted', origin) - sumOf('refused', origin)
  if (took !== made) throw new Error(`${of}: ${made} were made, and ${took} were taken`)
}
