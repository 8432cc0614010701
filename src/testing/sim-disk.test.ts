import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimDisk, atCall, atCallOf } from './sim-disk.ts'
import { VirtualClock } from './virtual-clock.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)
const text = (disk: SimDisk, path: string): string => Buffer.from(disk.contents(path)).toString()

async function diskWith(content: string): Promise<SimDisk> {
  const disk = new SimDisk()
  await disk.mkdir('/data')
  const file = await disk.open('/data/a', { create: true })
  await file.write([bytes(content)], 0)
  await file.sync()
  await disk.syncFolder('/data')
  return disk
}

test('reads back what was written, also in parts, beyond holes and behind the end', async () => {
  const disk = await diskWith('')
  const file = await disk.open('/data/a')
  await file.write([bytes('one '), bytes('two')], 0)
  await file.write([bytes('end')], 40_000)
  const buffer = Buffer.alloc(10, '.')

  const counts = [
    await file.read(buffer, 2, 4, 3),
    await file.read(buffer, 6, 4, 39_998),
    await file.read(buffer, 0, 4, 40_003),
  ]

  assert.deepEqual(counts, [4, 4, 0])
  assert.equal(buffer.toString(), '.. two\0\0en')
  assert.equal(await file.size(), 40_003)
})

test('grows with zeros over what was cut off', async () => {
  const disk = await diskWith('0123456789')
  const file = await disk.open('/data/a')

  await file.truncate(4)
  await file.write([bytes('x')], 8)

  assert.equal(text(disk, '/data/a'), '0123\0\0\0\0x')
})

test('keeps names as a file system does', async () => {
  const disk = await diskWith('a')
  await disk.mkdir('/data/deep/er')
  await (await disk.open('/data/deep/b', { exclusive: true })).close()
  await disk.rename('/data/a', '/data/c')

  assert.deepEqual(await disk.list('/data'), ['c', 'deep'])
  assert.equal(await disk.exists('/data/a'), false)
  assert.equal(await disk.exists('/data/deep/er'), true)
  await assert.rejects(disk.open('/data/a'), { code: 'ENOENT' })
  await assert.rejects(disk.open('/data/deep/b', { exclusive: true }), { code: 'EEXIST' })
  await assert.rejects(disk.open('/none/a', { create: true }), { code: 'ENOENT' })
  await assert.rejects(disk.list('/none'), { code: 'ENOENT' })
  await assert.rejects(disk.unlink('/data/a'), { code: 'ENOENT' })
})

test('refuses to write through a file that is closed or opened for reading', async () => {
  const disk = await diskWith('a')
  const reader = await disk.open('/data/a', { readOnly: true })
  const closed = await disk.open('/data/a')
  await closed.close()

  await assert.rejects(reader.write([bytes('b')], 0), { code: 'EBADF' })
  await assert.rejects(closed.size(), { code: 'EBADF' })
  assert.equal(text(disk, '/data/a'), 'a')
})

test('gives the lock of a folder to one holder at a time, and names the holder', async () => {
  const disk = await diskWith('')
  const lock = await disk.lock('/data', 'first')

  assert.equal(await disk.lock('/data', 'second'), undefined)
  assert.equal(await disk.lockNote('/data'), 'first')
  await lock?.release()
  await lock?.release()
  assert.notEqual(await disk.lock('/data', 'third'), undefined)
})

test('frees the lock when its holder dies, and shows the next process all that was written', async () => {
  const disk = await diskWith('kept')
  await disk.lock('/data', 'first')
  const file = await disk.open('/data/a')
  await file.write([bytes('KE')], 0)

  const next = disk.remount()

  assert.notEqual(await next.lock('/data', 'second'), undefined)
  assert.equal(text(next, '/data/a'), 'KEpt')
})

test('has nothing after a power cut but what was synced', async () => {
  const disk = await diskWith('kept')
  const file = await disk.open('/data/a')
  await file.write([bytes('KE')], 0)
  await disk.open('/data/b', { create: true })

  const next = disk.powerCut()

  assert.deepEqual(next.files(), [{ path: '/data/a', size: 4 }])
  assert.equal(text(next, '/data/a'), 'kept')
})

test('fails the call that the plan names, and no other', async () => {
  const disk = await diskWith('abc')
  const file = await disk.open('/data/a')
  disk.fail(atCallOf('write', disk.callCount('write') + 2, { error: 'EIO', bytes: 2 }))

  await file.write([bytes('first')], 0)
  await assert.rejects(file.write([bytes('SECOND')], 0), { code: 'EIO', syscall: 'write', path: '/data/a' })
  await file.write([bytes('3')], 4)

  assert.equal(text(disk, '/data/a'), 'SErs3')
})

test('counts the calls, also without a plan', async () => {
  const disk = await diskWith('abc')

  assert.deepEqual([disk.callCount(), disk.callCount('write'), disk.callCount('unlink')], [5, 1, 0])
})

test('brings fewer bytes than asked when the plan says so', async () => {
  const disk = await diskWith('abcdef')
  const file = await disk.open('/data/a')
  disk.fail(({ name }) => (name === 'read' ? { bytes: 2 } : undefined))

  assert.equal(await file.read(Buffer.alloc(6), 0, 6, 0), 2)
})

test('is full at its capacity, takes what fits, and has room again when something is removed', async () => {
  const disk = await diskWith('abcdef')
  disk.capacityBytes = 10
  const file = await disk.open('/data/b', { create: true })

  await assert.rejects(file.write([bytes('123456')], 0), { code: 'ENOSPC' })
  assert.equal(text(disk, '/data/b'), '1234')
  assert.equal(await disk.freeBytes('/data'), 0)
  await disk.unlink('/data/a')
  await file.write([bytes('56')], 4)

  assert.equal(text(disk, '/data/b'), '123456')
  assert.equal(await disk.freeBytes('/data'), 4)
})

test('never answers a process that died in a call', async () => {
  const disk = await diskWith('abc')
  const file = await disk.open('/data/a')
  disk.fail(atCall(disk.callCount() + 1, { halt: true, bytes: 1 }))
  let answers = 0
  const count = (): void => void answers++
  file.write([bytes('XYZ')], 0).then(count, count)
  disk.syncFolder('/data').then(count, count)

  await new VirtualClock().settle()

  assert.equal(answers, 0)
  assert.equal(disk.halted, true)
  assert.equal(text(disk.remount(), '/data/a'), 'Xbc')
})

test('answers late when the plan says so', async () => {
  const clock = new VirtualClock()
  const disk = new SimDisk({ clock })
  let made = false
  disk.fail(() => ({ delayMs: 50 }))
  void disk.mkdir('/data').then(() => {
    made = true
  })

  await clock.advance(49)
  assert.equal(made, false)
  await clock.advance(1)
  assert.equal(made, true)
})

test('turns over one bit', async () => {
  const disk = await diskWith('aaa')

  disk.flipBit('/data/a', 9)

  assert.equal(text(disk, '/data/a'), 'aca')
})
