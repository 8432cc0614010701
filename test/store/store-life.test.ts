import assert from 'node:assert/strict'
import test from 'node:test'
import { storeLife } from './store-life.ts'

const only = process.env['SEED']
const seeds = only === undefined ? Array.from({ length: 12 }, (_, index) => index + 1) : [Number(only)]

for (const world of ['machine', 'cluster'] as const)
  test(`stores are the fold of their logs, over crashes, power cuts, lost files and rebalances (${world})`, async () => {
    let kills = 0
    for (const seed of seeds) {
      const result = await storeLife({ seed, world })
      assert.deepEqual(result.violations, [], `SEED=${seed} node --test test/store/store-life.test.ts`)
      kills += result.kills
    }
    if (only === undefined) assert.ok(kills > seeds.length, `only ${kills} deaths`)
  })
