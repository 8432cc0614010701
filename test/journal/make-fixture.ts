/**
 * Writes the fixture of the present format into a new folder: `node test/journal/make-fixture.ts <folder>`. Run once for each format; the files are kept
 * as they are from then on.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { SimDisk } from '../../src/testing/index.ts'
import { fixturePlan, group, open, topics, unitOfPlan } from './kit.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new TypeError('Name the folder to write to.')
const disk = new SimDisk()
const journal = await open(disk, { segmentBytesMax: 4096 })
journal.createTopics(topics)
const shared = new Map()
for (const one of fixturePlan) {
  journal.append(group, unitOfPlan(one, shared))
  await journal.synced()
}
await journal.close()
mkdirSync(folder, { recursive: true })
for (const { path } of disk.files()) writeFileSync(join(folder, basename(path)), disk.contents(path))
