/**
 * J15. Formats: a journal of every format that has landed opens with everything in it; one of a newer format is refused and not touched, also when only one of its files is
 * newer, as an upgrade that was interrupted leaves it.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { SimDisk } from '../../../src/testing/index.ts'
import { dir, fixturePlan, modelOf, open, picture } from '../../journal/kit.ts'
import { eachCase } from '../row.ts'
import type { Row } from '../row.ts'

const fixtures = new URL('../../fixtures/journal/', import.meta.url)
/** In the header of a segment, by the description of the format. */
const [crcAt, versionAt, headerBytes] = [8, 12, 64]

export const row: Row = {
  id: 'J15',
  title: 'journals of every format open; newer and half-upgraded ones are refused untouched',
  tiers: 'N',
  async run(context) {
    const cases: (() => Promise<void>)[] = []
    for (const version of readdirSync(fixtures)) {
      cases.push(() => opens(version))
      const segments = namesOf(version).filter((name) => name.endsWith('.seg'))
      for (const newer of [1, 2, 1000, 0xffffffff - 1]) {
        cases.push(() => refuses(version, segments, newer))
        for (const name of segments) cases.push(() => refuses(version, [name], newer))
      }
    }
    await eachCase(context, ({ number }) => cases[number]!(), cases.length)
  },
}

const namesOf = (version: string): readonly string[] => readdirSync(new URL(`${version}/`, fixtures))

async function mount(version: string): Promise<SimDisk> {
  const disk = new SimDisk()
  await disk.mkdir(dir)
  for (const name of namesOf(version)) {
    await (await disk.open(`${dir}/${name}`, { create: true })).close()
    disk.replace(`${dir}/${name}`, readFileSync(new URL(`${version}/${name}`, fixtures)))
  }
  return disk
}

async function opens(version: string): Promise<void> {
  const journal = await open(await mount(version), { segmentBytesMax: 4096 })
  assert.deepEqual(await picture(journal), modelOf(fixturePlan, fixturePlan.length), version)
  await journal.close()
}

/** These segments are of a format that comes so many versions later; their checksums are right. */
async function refuses(version: string, names: readonly string[], later: number): Promise<void> {
  const disk = await mount(version)
  for (const name of names) {
    const bytes = Buffer.from(disk.contents(`${dir}/${name}`))
    bytes.writeUInt32LE((bytes.readUInt32LE(versionAt) + later) >>> 0, versionAt)
    bytes.writeUInt32LE(crc32(bytes.subarray(versionAt, headerBytes)), crcAt)
    disk.replace(`${dir}/${name}`, bytes)
  }
  const before = contentsOf(disk)
  const said = `${version}, ${names.join()}, ${later} later`
  await assert.rejects(open(disk, { segmentBytesMax: 4096 }), { code: 'MB_JOURNAL_NEWER' }, said)
  assert.deepEqual(contentsOf(disk), before, `${said}: it was touched`)
}

const contentsOf = (disk: SimDisk): readonly string[] =>
  disk.files().map(({ path }) => `${path} ${Buffer.from(disk.contents(path)).toString('hex')}`)
