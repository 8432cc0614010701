import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DiskFile } from '../internal/platform/disk.ts'
import { crashImages } from './crash-images.ts'
import type { CrashImageOptions } from './crash-images.ts'
import { SimDisk } from './sim-disk.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)

/** What a file holds on every image that still has it, without repeats; `undefined` for the images without it. */
function outcomes(disk: SimDisk, path: string, options?: CrashImageOptions): Set<string | undefined> {
  const found = new Set<string | undefined>()
  for (const image of crashImages(disk, options)) {
    const mounted = image.mount()
    found.add(
      mounted.files().some((file) => file.path === path) ? Buffer.from(mounted.contents(path)).toString() : undefined,
    )
  }
  return found
}

async function empty(): Promise<{ readonly disk: SimDisk; readonly file: DiskFile; readonly from: number }> {
  const disk = new SimDisk()
  await disk.mkdir('/data')
  const file = await disk.open('/data/a', { create: true })
  await disk.syncFolder('/data')
  return { disk, file, from: disk.operations.length }
}

test('loses a write that was not synced, in every part', async () => {
  const { disk, file, from } = await empty()
  await file.write([bytes('abc')], 0)

  assert.deepEqual(outcomes(disk, '/data/a', { from }), new Set(['a', 'a\0\0', 'ab', 'ab\0', 'abc', '', '\0\0\0']))
})

test('keeps a write that was synced, whatever comes later', async () => {
  const { disk, file } = await empty()
  await file.write([bytes('abc')], 0)
  await file.sync()
  await file.write([bytes('d')], 3)
  await file.sync()
  const from = disk.operations.length
  await file.write([bytes('e')], 4)

  assert.deepEqual(outcomes(disk, '/data/a', { from }), new Set(['abcde', 'abcd', 'abcd\0']))
})

test('leaves the old bytes behind a cut where there were any, never zeros', async () => {
  const { disk, file } = await empty()
  await file.write([bytes('abcdef')], 0)
  await file.sync()
  const from = disk.operations.length
  await file.write([bytes('XY')], 1)

  assert.deepEqual(outcomes(disk, '/data/a', { from }), new Set(['aXcdef', 'aXYdef', 'abcdef']))
})

test('keeps any one of two sectors without the other', async () => {
  const { disk, file, from } = await empty()
  await file.write([Buffer.concat([Buffer.alloc(512, 'a'), Buffer.alloc(512, 'b')])], 0)

  const found = outcomes(disk, '/data/a', { from, cutEvery: 600 })

  assert.ok(found.has('a'.repeat(512)))
  assert.ok(found.has('\0'.repeat(512) + 'b'.repeat(512)))
})

test('keeps the first of two writes without the second, never the second alone in one sector', async () => {
  const { disk, file, from } = await empty()
  await file.write([bytes('a')], 0)
  await file.write([bytes('b')], 1)

  const found = outcomes(disk, '/data/a', { from, samples: 20 })

  assert.ok(found.has('a') && found.has('') && found.has('ab'))
  assert.ok(![...found].some((content) => content?.startsWith('\0b')))
})

test('loses a name that was not synced, though the file was', async () => {
  const disk = new SimDisk()
  await disk.mkdir('/data')
  const from = disk.operations.length
  const file = await disk.open('/data/a', { create: true })
  await file.write([bytes('abc')], 0)
  await file.sync()

  assert.ok(outcomes(disk, '/data/a', { from: from + 2 }).has(undefined))
  const synced = disk.operations.length
  await disk.syncFolder('/data')
  assert.deepEqual(outcomes(disk, '/data/a', { from: synced }), new Set(['abc']))
})

test('brings a removed file back while the folder was not synced', async () => {
  const { disk, file } = await empty()
  await file.write([bytes('abc')], 0)
  await file.sync()
  const from = disk.operations.length
  await disk.unlink('/data/a')

  assert.deepEqual(outcomes(disk, '/data/a', { from }), new Set(['abc', undefined]))
})

test('shows the old or the new content under a renamed name, never none', async () => {
  const { disk, file } = await empty()
  await file.write([bytes('old')], 0)
  await file.sync()
  const other = await disk.open('/data/b', { create: true })
  await other.write([bytes('new')], 0)
  await other.sync()
  await disk.syncFolder('/data')
  const from = disk.operations.length
  await disk.rename('/data/b', '/data/a')

  assert.deepEqual(outcomes(disk, '/data/a', { from }), new Set(['old', 'new']))
})

test('undoes a cut that was not synced', async () => {
  const { disk, file } = await empty()
  await file.write([bytes('abcdef')], 0)
  await file.sync()
  const from = disk.operations.length
  await file.truncate(2)

  assert.deepEqual(outcomes(disk, '/data/a', { from }), new Set(['ab', 'abcdef']))
})

test('does not make durable by a later sync what a failed sync gave up', async () => {
  const { disk, file, from } = await empty()
  await file.write([bytes('abc')], 0)
  disk.fail(({ name }) => (name === 'sync' ? { error: 'EIO' } : undefined))
  await assert.rejects(file.sync(), { code: 'EIO' })
  disk.fail(undefined)
  await file.sync()

  assert.deepEqual(outcomes(disk, '/data/a', { from: from + 2 }), new Set(['']))
  assert.equal(Buffer.from(disk.contents('/data/a')).toString(), 'abc', 'the page cache still shows it')
})

test('says how many operations had ended, and gives the same images in every run', async () => {
  const { disk, file, from } = await empty()
  await file.write([Buffer.alloc(5000, 'a')], 0)
  await file.sync()
  const images = (): string[] =>
    [...crashImages(disk, { from, cutEvery: 1000 })].map(
      (image) => `${image.completed} ${image.name} ${Buffer.from(image.mount().contents('/data/a')).toString()}`,
    )

  assert.deepEqual(images(), images())
  const completed = [...crashImages(disk, { from, cutEvery: 1000 })].map((image) => image.completed)
  assert.equal(completed[0], from)
  assert.equal(completed.at(-1), disk.operations.length)
})

test('gives every mount a copy of its own', async () => {
  const { disk, file: seen } = await empty()
  await seen.write([bytes('safe')], 0)
  await seen.sync()
  const [image] = crashImages(disk, { from: disk.operations.length - 1 })
  const file = await image!.mount().open('/data/a')
  await file.write([bytes('changed')], 0)

  assert.equal(Buffer.from(image!.mount().contents('/data/a')).toString(), 'safe')
})
