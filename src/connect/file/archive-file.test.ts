import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMetrobusError } from '../../errors/index.ts'
import { SeededRandom, SimDisk, atCall, atCallOf, crashImages } from '../../testing/index.ts'
import { archiveFile } from './archive-file.ts'
import type { Archive } from './archive-file.ts'

const path = '/archive/rides.ndjson'

const open = (disk: SimDisk, ridesMax?: number): Archive =>
  archiveFile({ path, disk, random: new SeededRandom(1), ...(ridesMax !== undefined && { ridesMax }) })

const linesIn = (disk: SimDisk): { readonly ride: string; readonly data: unknown }[] =>
  new TextDecoder()
    .decode(disk.contents(path))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { readonly ride: string; readonly data: unknown })

const ridesIn = (disk: SimDisk): string[] => linesIn(disk).map(({ ride }) => ride)

test('keeps each ride once, with its data, in the order of the puts', async () => {
  const disk = new SimDisk()
  const archive = open(disk)

  await Promise.all(['a', 'b', 'a', 'c "~1\n'].map((id, n) => archive.put(id, { n })))
  await archive.put('b', { n: 9 })

  assert.deepEqual(
    linesIn(disk).map(({ ride, data }) => [ride, data]),
    [
      ['a', { n: 0 }],
      ['b', { n: 1 }],
      ['c "~1\n', { n: 3 }],
    ],
  )
  assert.equal(archive.size, 3)
})

test('puts of one turn share a write and a sync', async () => {
  const disk = new SimDisk()
  const archive = open(disk)
  await archive.open()
  const [writes, syncs] = [disk.callCount('write'), disk.callCount('sync')]

  await Promise.all(Array.from({ length: 500 }, (_, n) => archive.put(`r${n}`, n)))

  assert.deepEqual([disk.callCount('write') - writes, disk.callCount('sync') - syncs], [1, 1])
})

test('groups use the memory of those before them, one alone or two at a time', async () => {
  class CountingDisk extends SimDisk {
    handedOut = 0
    override buffer(bytes: number): Buffer {
      this.handedOut++
      return super.buffer(bytes)
    }
  }
  const disk = new CountingDisk()
  const archive = open(disk)
  await archive.open()
  for (let round = 0; round < 20; round++) {
    const alone = archive.put(`a${round}`, null)
    await Promise.resolve()
    const meanwhile = archive.put(`b${round}`, null)
    await Promise.all([alone, meanwhile])
  }

  assert.equal(disk.handedOut, 2)
})

test('knows after a restart what it has', async () => {
  const disk = new SimDisk()
  const first = open(disk)
  await Promise.all(['a', 'b'].map((id) => first.put(id, null)))
  await first.close()

  const second = open(disk)
  await Promise.all(['b', 'c'].map((id) => second.put(id, null)))

  assert.deepEqual(ridesIn(disk), ['a', 'b', 'c'])
})

test('a second put of a ride waits for the sync of the first', async () => {
  const disk = new SimDisk()
  const archive = open(disk)
  await archive.open()
  disk.fail(atCallOf('sync', disk.callCount('sync') + 1, { error: 'EIO' }))

  const results = await Promise.allSettled([archive.put('a', 1), archive.put('a', 1)])

  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
})

test('holds after a crash at any moment every ride that it promised, and each at most once after they are put again', async () => {
  const disk = new SimDisk()
  const archive = open(disk)
  const promised: { readonly id: string; readonly at: number }[] = []
  const ids = Array.from({ length: 12 }, (_, n) => `ride-${n}`)
  for (let group = 0; group < 4; group++) {
    const puts = ids.slice(group * 3, group * 3 + 3).map(async (id) => {
      await archive.put(id, { text: `${id} ${'x'.repeat(400)}` })
      promised.push({ id, at: disk.operations.length })
    })
    await Promise.all(puts)
  }

  let images = 0
  for (const image of crashImages(disk, { cutEvery: 97, samples: 3 })) {
    const mounted = image.mount()
    const after = open(mounted)
    await after.open()
    const kept = mounted.files().some((file) => file.path === path) ? ridesIn(mounted) : []
    for (const { id, at } of promised)
      if (at <= image.completed) assert.ok(kept.includes(id), `${image.name} lost ${id}`)
    await Promise.all(ids.map((id) => after.put(id, 'again')))
    assert.deepEqual(ridesIn(mounted).sort(), [...ids].sort(), image.name)
    images++
  }
  assert.ok(images > 50, `only ${images} images`)
})

test('goes on after the disk was full, and a ride that was refused can be put again', async () => {
  const disk = new SimDisk()
  const archive = open(disk)
  await archive.put('a', 1)
  disk.fail(atCallOf('write', disk.callCount('write') + 1, { error: 'ENOSPC', bytes: 10 }))

  const refused = archive.put('b', 2)
  await assert.rejects(refused, (error) => isMetrobusError(error, 'MB_DISK_FAILED'))
  disk.fail(undefined)
  await Promise.all([archive.put('b', 2), archive.put('a', 1)])

  assert.deepEqual(ridesIn(disk), ['a', 'b'])
})

test('promises nothing more after a failed sync', async () => {
  const disk = new SimDisk()
  const archive = open(disk)
  await archive.put('a', 1)
  disk.fail(atCallOf('sync', disk.callCount('sync') + 1, { error: 'EIO' }))
  await assert.rejects(archive.put('b', 2))
  disk.fail(undefined)

  const later = [archive.put('a', 1), archive.put('c', 3), archive.open()]

  for (const put of later) await assert.rejects(put, (error) => isMetrobusError(error, 'MB_ARCHIVE_FAILED'))
})

test('promises nothing more after EIO from any call that opens it', async () => {
  const healthy = new SimDisk()
  await open(healthy).open()
  const calls = healthy.callCount()
  for (let number = 1; number <= calls; number++) {
    const disk = new SimDisk()
    disk.fail(atCall(number, { error: 'EIO' }))
    const archive = open(disk)

    const first = await archive.put('a', null).catch((error: unknown) => error)
    const second = await archive.put('b', null).catch((error: unknown) => error)

    for (const error of [first, second])
      assert.ok(isMetrobusError(error, 'MB_ARCHIVE_FAILED'), `call ${number}: ${String(error)}`)
  }
})

test('refuses a file that is damaged where it was synced, and changes nothing', async () => {
  const disk = new SimDisk()
  const archive = open(disk)
  for (const id of ['a', 'b', 'c']) await archive.put(id, id)
  await archive.close()
  disk.flipBit(path, 8 * 3)
  const before = disk.contents(path)

  await assert.rejects(open(disk).open(), (error) => isMetrobusError(error, 'MB_ARCHIVE_DAMAGED'))

  assert.deepEqual(disk.contents(path), before)
})

test('does not touch a file that is no archive', async () => {
  const disk = new SimDisk()
  await disk.mkdir('/archive')
  await (await disk.open(path, { create: true })).close()
  disk.replace(path, new TextEncoder().encode('{"accountId":"a"}\n'))

  await assert.rejects(open(disk).put('a', 1), (error) => isMetrobusError(error, 'MB_ARCHIVE_DAMAGED'))
})

test('keeps beside the file what it cuts off', async () => {
  const disk = new SimDisk()
  const archive = open(disk)
  await archive.put('a', 1)
  await archive.close()
  const whole = disk.contents(path)
  disk.replace(path, Buffer.concat([whole, Buffer.from('{"ride":"b","da')]))

  const { cutBytes } = await open(disk).open()

  assert.equal(cutBytes, 15)
  assert.deepEqual(disk.contents(path), whole)
  assert.equal(new TextDecoder().decode(disk.contents(`${path}.cut`)), '{"ride":"b","da')
})

test('is refused to a second writer until the first has closed it, also after a full disk', async () => {
  const disk = new SimDisk()
  const first = open(disk)
  await first.put('a', 1)
  disk.fail(atCallOf('write', disk.callCount('write') + 1, { error: 'ENOSPC' }))
  await assert.rejects(first.put('b', 2), { code: 'MB_DISK_FAILED' })

  await assert.rejects(open(disk).put('a', 1), { code: 'MB_ARCHIVE_LOCKED' })

  await first.put('b', 2)
  await first.close()
  const second = open(disk)
  await second.put('b', 2)
  assert.deepEqual(ridesIn(disk), ['a', 'b'])
})

test('takes no more rides than its limit', async () => {
  const archive = open(new SimDisk(), 2)
  await Promise.all([archive.put('a', 1), archive.put('b', 1)])

  await assert.rejects(archive.put('c', 1), (error) => isMetrobusError(error, 'MB_ARCHIVE_FULL'))
  await archive.put('a', 1)
})

test('refuses puts once it is closed, and closing makes durable what was put', async () => {
  const disk = new SimDisk()
  const archive = open(disk)
  await archive.open()
  void archive.put('a', 1)
  await archive.close()

  assert.deepEqual(ridesIn(disk), ['a'])
  await assert.rejects(archive.put('b', 1), (error) => isMetrobusError(error, 'MB_ARCHIVE_CLOSED'))
})

test('a put that waits for the opening is kept by closing, and the file is free then', async () => {
  const disk = new SimDisk()
  const archive = open(disk)
  const early = archive.put('a', 1)

  await archive.close()

  await early
  assert.deepEqual(ridesIn(disk), ['a'])
  await open(disk).open()
})

test('a put that comes while it is closed is kept or refused, whenever it comes', async () => {
  for (let turns = 0; turns < 12; turns++) {
    const disk = new SimDisk()
    const archive = open(disk)
    await archive.open()
    const early = archive.put('a', 1)
    await Promise.resolve()
    const closing = archive.close()
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()

    const late = await archive.put('b', 1).then(
      () => 'kept',
      (error: { readonly code: string }) => error.code,
    )

    await Promise.all([early, closing])
    assert.ok(late === 'kept' || late === 'MB_ARCHIVE_CLOSED', `after ${turns} turns: ${late}`)
    assert.deepEqual(ridesIn(disk), late === 'kept' ? ['a', 'b'] : ['a'])
  }
})

test('syncs what it finds before it says that it has it', async () => {
  const disk = new SimDisk()
  const first = open(disk)
  disk.fail(atCallOf('sync', 1, { halt: true }))
  void first.put('a', 1)
  while (!disk.halted) await Promise.resolve()
  const after = disk.remount()

  await open(after).put('a', 1)

  assert.deepEqual(ridesIn(after.powerCut()), ['a'])
})
