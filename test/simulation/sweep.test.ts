/**
 * Random programs in simulated worlds, judged by an oracle that shares no code with them. `METROBUS_SEED=74` runs that seed alone; `METROBUS_SEEDS=500` runs so many.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCase } from './program/run.ts'
import { describeFailure, sweep } from './sweep.ts'

const only = process.env['METROBUS_SEED']
const count = Number(process.env['METROBUS_SEEDS'] ?? 40)
/** Shrinking takes some hundred runs, and who hunts a mutant knows what is wrong. */
const shrinks = process.env['METROBUS_MUTANT'] === undefined
const seeds = only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)]

/** Seeds that have found a fault; they run first. */
const found = {
  machine: [74, 2380, 30228],
  cluster: [166, 1309, 1397, 10142, 10887, 20093, 20344, 30429, 30440, 836212783, 3503131217],
}

/** The same for programs with many events. */
const foundLarge = { machine: [70004], cluster: [] }

for (const world of ['machine', 'cluster'] as const)
  test(`random programs in a ${world} lose, double, reorder and hide nothing`, async (t) => {
    const { cases, events, failures } = await sweep({
      seeds: only === undefined ? [...found[world], ...seeds] : seeds,
      worlds: [world],
      shrinks,
    })
    assert.equal(failures.length, 0, failures.map(describeFailure).join('\n\n'))
    t.diagnostic(`${cases} programs, ${events} events`)
  })

for (const world of ['machine', 'cluster'] as const)
  test(`random programs with a thousand events in a ${world}`, async () => {
    const some = only === undefined ? [...foundLarge[world], ...seeds.slice(0, 3)] : seeds
    const { failures } = await sweep({ seeds: some, worlds: [world], size: 'large', shrinks })
    assert.equal(failures.length, 0, failures.map(describeFailure).join('\n\n'))
  })

for (const world of ['machine', 'cluster'] as const)
  test(`wide programs in a ${world}: several apps, two versions, circles, signed itineraries, what hangs`, async () => {
    const some = only === undefined ? seeds.slice(0, 10) : seeds
    const { failures } = await sweep({ seeds: some, worlds: [world], isWide: true, shrinks })
    assert.equal(failures.length, 0, failures.map(describeFailure).join('\n\n'))
  })

test('a wide program with a thousand events: two apps on one topic, one of which may emit to it, and entries that run alone', async () => {
  const some = only === undefined ? [5386] : []
  const { failures } = await sweep({ seeds: some, worlds: ['machine'], size: 'large', isWide: true, shrinks })
  assert.equal(failures.length, 0, failures.map(describeFailure).join('\n\n'))
})

test('the same seed is the same run, byte for byte', async () => {
  for (const world of ['machine', 'cluster'] as const)
    for (const seed of seeds.slice(0, 5)) {
      const [first, second] = [await runCase({ seed, world }), await runCase({ seed, world })]
      assert.equal(first.hash, second.hash, `seed ${seed} of the ${world} ran in two ways`)
      assert.deepEqual(first.violations, second.violations)
    }
})
