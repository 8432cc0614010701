/** What a failed case is made smaller by. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '../../src/testing/index.ts'
import { programOf, runCase } from './program/run.ts'
import type { CaseOptions } from './program/run.ts'
import { drawSchedule } from './program/schedule.ts'
import type { WorldKind } from './program/schedule.ts'
import { shrink } from './program/shrink.ts'
import { cutsOf, simplify } from './program/simplify.ts'

const small = { size: 'small', isWide: true } as const
const worlds = ['machine', 'cluster'] as const

/** Some of the cuts that there are. */
function someCuts(seed: number, world: WorldKind): readonly string[] {
  const random = new SeededRandom(seed)
  return cutsOf(programOf({ seed, world, ...small })).filter(() => random.chance(0.3))
}

test('whatever is cut from a program, the rest of it runs and keeps its promises', async () => {
  for (let seed = 1; seed <= 16; seed++) {
    const world = worlds[seed % 2]!
    const cuts = someCuts(seed, world)
    const { violations } = await runCase({ seed, world, ...small, cuts })
    assert.deepEqual(violations, [], `seed ${seed} of the ${world} without ${cuts.join()}`)
  }
})

test('a program that is cut is the same run each time, byte for byte', async () => {
  for (const world of worlds) {
    const cuts = someCuts(2, world)
    const only = [0, 1, 2, 3, 5, 8, 13]
    const [first, second] = [
      await runCase({ seed: 2, world, ...small, cuts, only }),
      await runCase({ seed: 2, world, ...small, cuts, only }),
    ]
    assert.equal(first.hash, second.hash)
    assert.notEqual(first.hash, (await runCase({ seed: 2, world, ...small, only })).hash)
  }
})

test('of a failed case only what breaks the invariant is left: of the program, of the events, and of the faults', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const program = programOf({ seed, world: 'machine', ...small })
    const steps = drawSchedule(program, 'machine', 'small')
    const stop = program.blocks.at(-1)!.stops.at(-1)!.name
    const guilty = [steps.length >> 1, steps.length - 1]
    // Broken whenever this stop and these steps are there.
    const run = async ({ cuts = [], only = [] }: CaseOptions): Promise<{ readonly violations: readonly string[] }> => {
      const names = simplify(program, cuts).blocks.flatMap(({ stops }) => stops.map(({ name }) => name))
      if (!names.includes(stop)) return { violations: ['I2 is another fault'] }
      return { violations: guilty.every((index) => only.includes(index)) ? ['I1 is broken'] : [] }
    }
    const shrunk = await shrink({ seed, world: 'machine', ...small, program, steps, violations: ['I1 is broken'] }, run)
    assert.deepEqual(shrunk.only, guilty, `seed ${seed}`)
    const left = simplify(program, shrunk.cuts)
    assert.ok(left.blocks.length <= 2, `seed ${seed}: ${left.blocks.length} blocks`)
    for (const { stops, lines, route } of left.blocks) {
      assert.ok(stops.length <= 2 || stops.some(({ isSwitch }) => isSwitch) || route.startsWith('map'), `seed ${seed}`)
      assert.ok(lines.length <= 3)
      for (const spec of stops) assert.equal(spec.batch ?? spec.limit ?? spec.counts, undefined)
    }
  }
})
