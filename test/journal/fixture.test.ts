/**
 * Journals of every format that has landed open for ever. `make-fixture.ts` wrote them; a new format gets a folder of its own, and none is ever
 * written again.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { SimDisk } from '../../src/testing/index.ts'
import { dir, fixturePlan, modelOf, open, picture, topics, unit, record, group } from './kit.ts'

const fixtures = new URL('../fixtures/journal/', import.meta.url)
const versions = readdirSync(fixtures)

/** The files of a fixture on a disk of their own. */
async function mount(version: string): Promise<SimDisk> {
  const disk = new SimDisk()
  await disk.mkdir(dir)
  const from = new URL(`${version}/`, fixtures)
  for (const name of readdirSync(from)) {
    await (await disk.open(`${dir}/${name}`, { create: true })).close()
    disk.replace(`${dir}/${name}`, readFileSync(new URL(name, from)))
  }
  return disk
}

test('there is a fixture of every format', () => {
  assert.deepEqual(versions, ['v1', 'v1-index2'])
})

for (const version of versions)
  test(`a journal of format ${version} opens with everything in it, and goes on`, async () => {
    const disk = await mount(version)
    const journal = await open(disk, { segmentBytesMax: 4096 })
    assert.equal(journal.opened.cutBytes, 0)
    const sealed = journal.segments().length - 1
    assert.ok(sealed > 0)
    // The index is a help and never a truth: one of an older format is made again.
    assert.equal(journal.opened.indexesRebuilt, version === 'v1' ? sealed : 0)
    assert.deepEqual(await picture(journal), modelOf(fixturePlan, fixturePlan.length))
    const [first] = Object.values(fixturePlan[0]!.outputs).flat()
    assert.ok((await journal.ride(first!.ride)).length > 0)
    assert.deepEqual(
      journal.topics().map(({ name, retention }) => ({ name, retention })),
      topics.map(({ name, retention }) => ({ name, retention })),
    )

    journal.append(group, unit({ 'a/0': [record('new', 1)] }))
    await journal.close()
    const again = await open(disk.remount())
    assert.equal((await again.ride('new')).length, 1)
    await again.close()
  })

test('a journal of which one segment is of a newer format is refused, and nothing of it is touched', async () => {
  const contents = (disk: SimDisk): readonly string[] =>
    disk.files().map(({ path }) => `${path} ${Buffer.from(disk.contents(path)).toString('hex')}`)
  for (const { path } of (await mount('v1')).files().filter((file) => file.path.endsWith('.seg'))) {
    const disk = await mount('v1')
    const bytes = Buffer.from(disk.contents(path))
    bytes.writeUInt32LE(2, 12)
    bytes.writeUInt32LE(crc32(bytes.subarray(12, 64)), 8)
    disk.replace(path, bytes)
    const before = contents(disk)

    await assert.rejects(open(disk, { segmentBytesMax: 4096 }), { code: 'MB_JOURNAL_NEWER' }, path)

    assert.deepEqual(contents(disk), before)
  }
})
