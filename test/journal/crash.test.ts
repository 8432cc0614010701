/**
 * Crashes: whatever POSIX may leave of an interrupted journal, it opens as a prefix of what was appended that holds all that was acknowledged.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Durability } from '../../src/journal/index.ts'
import { crashImages, SimDisk } from '../../src/testing/index.ts'
import type { CrashImage } from '../../src/testing/index.ts'
import { group, modelOf, open, picture, plan, topics, unitOfPlan } from './kit.ts'
import type { Picture, PlannedUnit } from './kit.ts'

const segmentBytesMax = 4096

/** What was known at the end of which operation: the disk had done `operations` when `units` were durable. */
interface Promised {
  readonly operations: number
  readonly units: number
}

async function trace(
  units: readonly PlannedUnit[],
  end: 'closed' | 'killed',
  durability: Durability = { mode: 'fdatasync' },
): Promise<{ disk: SimDisk; promises: Promised[] }> {
  const disk = new SimDisk()
  const journal = await open(disk, { segmentBytesMax, durability })
  const promises: Promised[] = []
  journal.createTopics(topics)
  const shared = new Map()
  for (const [index, one] of units.entries()) {
    journal.append(group, unitOfPlan(one, shared))
    // Now and then several units ride in one group.
    if (index % 3 === 2) continue
    await journal.synced()
    promises.push({ operations: disk.operations.length, units: index + 1 })
  }
  await journal.synced()
  promises.push({ operations: disk.operations.length, units: units.length })
  if (end === 'closed') await journal.close()
  return { disk, promises }
}

const promisedAt = (promises: readonly Promised[], completed: number): number =>
  promises.findLast((promise) => promise.operations <= completed)?.units ?? 0

/** Opens an image and says how many units it holds; fails when they are no prefix, or fewer than promised. */
async function judge(image: CrashImage, models: readonly string[], promised: number, isDeep: boolean): Promise<void> {
  const disk = image.mount({ log: false })
  const journal = await open(disk, { segmentBytesMax })
  const found = JSON.stringify(await picture(journal))
  const count = journal.topics().length === 0 ? 0 : models.lastIndexOf(found)
  assert.ok(count >= 0, `${image.name}: no prefix of what was appended: ${found}`)
  assert.ok(count >= promised, `${image.name}: ${promised} units were acknowledged and ${count} are there`)
  if (!isDeep) {
    await journal.close()
    return
  }
  // It goes on where it stopped, and comes back the same.
  journal.createTopics(topics)
  const before: Picture = await picture(journal)
  await journal.close()
  const again = await open(disk, { segmentBytesMax })
  assert.deepEqual(await picture(again), before, `${image.name}: reopened`)
  await again.close()
}

const modelsOf = (units: readonly PlannedUnit[]): readonly string[] =>
  Array.from({ length: units.length + 1 }, (_, count) => JSON.stringify(modelOf(units, count)))

test('after a crash at any byte of any write, and any unsynced sector lost, every acknowledged unit is there and none in part', async () => {
  const units = plan(11, 3, 30)
  const models = modelsOf(units)
  const { disk, promises } = await trace(units, 'closed')
  let images = 0
  for (const image of crashImages(disk))
    await judge(image, models, promisedAt(promises, image.completed), images++ % 16 === 0)
  assert.ok(images > 2000, `${images} images`)
})

test('seeded traces over several segments come back from sampled crashes', async () => {
  for (let seed = 1; seed <= 2; seed++) {
    const units = plan(seed, 20, 300)
    const models = modelsOf(units)
    const { disk, promises } = await trace(units, seed % 2 === 0 ? 'closed' : 'killed')
    let images = 0
    for (const image of crashImages(disk, { cutEvery: 900, samples: 1, subsetsOf: 2, seed }))
      await judge(image, models, promisedAt(promises, image.completed), images++ % 16 === 0)
  }
})

test('in the weaker modes a crash loses the end and never leaves a hole', async () => {
  const units = plan(3, 12, 300)
  const models = modelsOf(units)
  const { disk } = await trace(units, 'killed', { mode: 'none' })
  let images = 0
  for (const image of crashImages(disk, { cutEvery: 900, samples: 2, subsetsOf: 3 }))
    await judge(image, models, 0, images++ % 16 === 0)
})

test('a crash during recovery, at any point and again, ends in the same place', async () => {
  const units = plan(5, 8, 60)
  const { disk } = await trace(units, 'killed')
  const torn = [...crashImages(disk, { cutEvery: 97, samples: 1, subsetsOf: 1 })].filter((image) =>
    image.name.includes('cut at'),
  )
  for (const image of torn.filter((_, index) => index % 31 === 0)) {
    const first = image.mount()
    const journal = await open(first, { segmentBytesMax })
    const expected = JSON.stringify(await picture(journal))
    // Everything that this recovery did, interrupted anywhere.
    for (const inner of crashImages(first, { cutEvery: 60, samples: 1, subsetsOf: 2 })) {
      const again = await open(inner.mount({ log: false }), { segmentBytesMax })
      assert.equal(JSON.stringify(await picture(again)), expected, `${image.name}, then ${inner.name}`)
    }
  }
})
