/**
 * A disk that fails, fills up or lies: nothing is acknowledged that may be lost, and what was damaged is never served.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMetrobusError } from '../../src/errors/index.ts'
import type { Record } from '../../src/event/record.ts'
import { verifyJournal } from '../../src/journal/index.ts'
import type { Journal } from '../../src/journal/index.ts'
import { segmentName } from '../../src/journal/segment-file.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../src/testing/index.ts'
import type { DiskCall } from '../../src/testing/index.ts'
import { dir, group, modelOf, open, picture, plan, record, topics, unit, unitOfPlan } from './kit.ts'
import type { PlannedUnit } from './kit.ts'

const segmentBytesMax = 4096

interface Run {
  /** How many units were durable, and whether the journal ended poisoned. */
  acknowledged: number
  poisoned: boolean
  /** The error that ended it, when it was not by poison. */
  error: unknown
}

/** Appends units one by one until one is refused or the journal fails. */
async function append(journal: Journal, units: readonly PlannedUnit[]): Promise<Run> {
  const run: Run = { acknowledged: 0, poisoned: false, error: undefined }
  journal.listen({ durable: () => undefined, failed: () => (run.poisoned = true), pressed: () => undefined })
  const shared = new Map()
  try {
    journal.createTopics(topics)
    for (const one of units) {
      journal.append(group, unitOfPlan(one, shared))
      await journal.synced()
      run.acknowledged++
    }
  } catch (error) {
    run.error = error
  }
  return run
}

/** What a journal on this disk holds: how many of the units. Fails when that is no prefix. */
async function held(disk: SimDisk, units: readonly PlannedUnit[]): Promise<number> {
  const journal = await open(disk, { segmentBytesMax })
  const found = JSON.stringify(await picture(journal))
  await journal.close()
  if (journal.topics().length === 0) return 0
  const models = Array.from({ length: units.length + 1 }, (_, count) => JSON.stringify(modelOf(units, count)))
  const count = models.lastIndexOf(found)
  assert.ok(count >= 0, `no prefix: ${found}`)
  return count
}

test('any call that fails with EIO poisons or refuses, and all that was acknowledged is there afterwards', async () => {
  const units = plan(3, 14, 300)
  const calls = await callsOf(units)
  for (let number = 1; number <= calls; number++) {
    const disk = new SimDisk()
    const failed: DiskCall[] = []
    disk.fail((call) => {
      if (call.number !== number) return undefined
      failed.push(call)
      return { error: 'EIO', bytes: call.bytes >> 1 }
    })
    let run: Run = { acknowledged: 0, poisoned: false, error: undefined }
    try {
      const journal = await open(disk, { segmentBytesMax })
      run = await append(journal, units)
      await journal.close()
    } catch (error) {
      run.error = error
    }
    const call = `${failed[0]?.name} ${failed[0]?.path}`
    assert.ok(run.error !== undefined || run.poisoned, `${number} ${call}: said nothing`)
    // The write failed for good: nothing may be acknowledged behind it.
    const after = disk.remount()
    const count = await held(after, units)
    assert.ok(count >= run.acknowledged, `${number} ${call}: ${run.acknowledged} acknowledged, ${count} held`)
  }
})

test('after a sync that failed nothing is acknowledged any more, and every later append is refused', async () => {
  const disk = new SimDisk()
  const journal = await open(disk, { segmentBytesMax })
  journal.createTopics(topics)
  await journal.synced()
  const told: string[] = []
  journal.listen({
    durable: () => told.push('durable'),
    failed: ({ code }) => told.push(code),
    pressed: () => undefined,
  })
  disk.fail((call) => (call.name === 'sync' ? { error: 'EIO' } : undefined))

  journal.append(group, unit({ 'a/0': [record('r1', 1)] }))
  await assert.rejects(journal.synced(), (error) => isMetrobusError(error, 'MB_JOURNAL_POISONED'))
  disk.fail(undefined)

  assert.throws(
    () => journal.append(group, unit({ 'a/0': [record('r2', 2)] })),
    (error) => isMetrobusError(error, 'MB_JOURNAL_POISONED'),
  )
  assert.deepEqual(told, ['MB_JOURNAL_POISONED'])
  assert.equal(journal.failure?.code, 'MB_JOURNAL_POISONED')
  await journal.close()
})

test('a full disk at any write keeps every unit, and the journal goes on by itself when space returns', async () => {
  const units = plan(4, 10, 300)
  const writes = await callsOf(units, 'write')
  for (let number = 2; number < writes; number++) {
    const disk = new SimDisk()
    const clock = new VirtualClock()
    // Two tries find no space, and the first of them leaves half a frame behind.
    const journal = await open(disk, { segmentBytesMax, clock })
    disk.fail((call) =>
      call.name === 'write' && call.numberOfName >= number && call.numberOfName < number + 2
        ? { error: 'ENOSPC', bytes: call.bytes >> 1 }
        : undefined,
    )
    const pressed: boolean[] = []
    journal.listen({ durable: () => undefined, failed: assert.ifError, pressed: (is) => pressed.push(is) })
    journal.createTopics(topics)
    const shared = new Map()
    await clock.advance(5000)
    for (const one of units) {
      // Entries would wait while there is no space; these have all found some.
      assert.equal(journal.pressure, undefined, `write ${number}`)
      journal.append(group, unitOfPlan(one, shared))
      await clock.advance(5000)
      assert.equal(journal.durable, journal.end, `write ${number}`)
    }
    await journal.close()
    assert.equal(await held(disk.remount(), units), units.length, `write ${number}`)
  }
})

test('while the disk is full entries are told to wait, settling goes on, and nothing of it is lost', async () => {
  const clock = new VirtualClock()
  const disk = new SimDisk({ capacityBytes: 20_000 })
  const journal = await open(disk, { segmentBytesMax: 64 * 1024, reserveBytes: 4096, clock })
  journal.createTopics(topics)
  await journal.synced()
  const pressed: boolean[] = []
  journal.listen({ durable: () => undefined, failed: assert.ifError, pressed: (is) => pressed.push(is) })
  let entered = 0
  while (journal.pressure === undefined) {
    journal.append(group, unit({ 'a/0': [record(`r${entered++}`, 'x'.repeat(500))] }))
    await clock.advance(1)
  }

  journal.append(
    group,
    unit({ 'b/0': [record('settled', 1)] }, [{ topic: 'a', partition: 0, watermark: 1, above: [] }]),
  )
  await journal.synced()
  disk.capacityBytes = 1_000_000
  await clock.advance(5000)

  assert.equal(journal.pressure, undefined)
  assert.deepEqual(pressed, [true, false])
  journal.append(group, unit({ 'a/0': [record('after', 1)] }))
  await journal.synced()
  await journal.close()
  const again = await open(disk.remount())
  const { topics: found, positions } = await picture(again)
  assert.equal(found['a/0']!.length, entered + 1)
  assert.equal(found['b/0']!.length, 1)
  assert.deepEqual(positions, ['a/0 1 []'])
})

test('on a full disk a new journal is refused, and close ends, acknowledging nothing that is not there', async () => {
  await assert.rejects(open(new SimDisk({ capacityBytes: 50 })), (error) => isMetrobusError(error, 'MB_NO_SPACE'))
  const disk = new SimDisk()
  const journal = await open(disk)
  journal.createTopics(topics)
  journal.append(group, unit({ 'a/0': [record('kept', 1)] }))
  await journal.synced()
  disk.fail((call) => (call.name === 'write' ? { error: 'ENOSPC' } : undefined))
  journal.append(group, unit({ 'a/0': [record('late', 1)] }))
  const late = assert.rejects(journal.synced(), (error) => isMetrobusError(error, 'MB_JOURNAL_POISONED'))

  await journal.close()
  await late

  const again = await open(disk.remount())
  assert.deepEqual((await picture(again)).topics['a/0'], ['0 kept 1'])
})

test('a disk that fails while the journal closes makes close reject, at any call, and nothing acknowledged is lost', async () => {
  const closing = async (
    fault: number | undefined,
  ): Promise<{ disk: SimDisk; calls: number; closed: Promise<void> }> => {
    const disk = new SimDisk()
    const journal = await open(disk)
    journal.createTopics(topics)
    journal.append(group, unit({ 'a/0': [record('kept', 1)] }))
    await journal.synced()
    const before = disk.callCount()
    const isFault = ({ number, name }: DiskCall): boolean =>
      number - before === fault && (name === 'write' || name === 'sync')
    disk.fail((call) => (isFault(call) ? { error: 'EIO' } : undefined))
    const closed = journal.close()
    await closed.catch(() => undefined)
    return { disk, calls: disk.callCount() - before, closed }
  }
  const { calls, closed } = await closing(undefined)
  await closed
  let rejected = 0
  for (let fault = 1; fault <= calls; fault++) {
    const { disk, closed } = await closing(fault)
    await closed.catch((error: unknown) => {
      assert.ok(isMetrobusError(error, 'MB_JOURNAL_POISONED'))
      rejected++
    })
    const again = await open(disk.remount())
    assert.deepEqual((await picture(again)).topics['a/0'], ['0 kept 1'])
  }
  assert.equal(rejected, 4, 'write and sync of the seal, and of the checkpoint')
})

test('behind a slow disk entries wait before memory grows, settling goes on up to a bound, and both resume', async () => {
  const clock = new VirtualClock()
  const disk = new SimDisk({ clock, log: false })
  const journal = await open(disk, { clock })
  journal.createTopics(topics)
  await clock.settle()
  disk.fail((call) => (call.name === 'sync' ? { delayMs: 5000 } : undefined))
  const pressed: boolean[] = []
  journal.listen({ durable: () => undefined, failed: assert.ifError, pressed: (is) => pressed.push(is) })
  const big = (): Record => record('r', 'x'.repeat(1_000_000))
  let entered = 0
  while (journal.pressure === undefined) {
    journal.append(group, unit({ 'a/0': [big()] }))
    entered++
  }
  assert.ok(entered < 20, `${entered} MB`)
  let settled = 0
  const settle = (): number =>
    journal.append(group, unit({ 'b/0': [big()] }, [{ topic: 'a', partition: 0, watermark: 1, above: [] }]))
  assert.throws(
    () => {
      for (;;) {
        settle()
        settled++
      }
    },
    (error) => isMetrobusError(error, 'MB_NO_SPACE'),
  )
  assert.ok(settled > 20 && entered + settled < 60)
  await clock.advance(20_000)

  assert.deepEqual(pressed, [true, false])
  settle()
  await clock.advance(20_000)
  assert.equal(journal.durable, journal.end)
})

test('at the disk bound entries are told to wait and settling goes on', async () => {
  const journal = await open(new SimDisk(), { diskBytesMax: 8000 })
  journal.createTopics(topics)
  while (journal.pressure === undefined) {
    journal.append(group, unit({ 'a/0': [record('r', 'x'.repeat(900))] }))
    await journal.synced()
  }
  journal.append(group, unit({}, [{ topic: 'a', partition: 0, watermark: 1, above: [] }]))
  await journal.synced()
  assert.match(journal.pressure, /its bound of 8000 bytes/)
  await journal.close()
})

test('a flipped bit anywhere is found before anything wrong is served, and never cuts what was acknowledged', async () => {
  const units = plan(8, 10, 300)
  const disk = new SimDisk()
  const clock = new VirtualClock()
  const journal = await open(disk, { segmentBytesMax, clock })
  await append(journal, units)
  // The seal: the last group has a witness too.
  await clock.advance(1000)
  await journal.close()
  const whole = JSON.stringify(modelOf(units, units.length))
  for (const { path, size } of disk.files())
    for (let bit = path.length % 7; bit < size * 8; bit += path.endsWith('.seg') ? 131 : 1009) {
      const damaged = disk.remount({ log: false })
      damaged.flipBit(path, bit)
      const before = damaged.files().map((file) => `${file.path} ${file.size}`)
      try {
        const again = await open(damaged, { segmentBytesMax })
        const found = JSON.stringify(await picture(again))
        assert.equal(found, whole, `${path} bit ${bit}`)
        for (const { ride } of units.flatMap((one) => one.outputs['a/0'] ?? []))
          assert.ok((await again.ride(ride)).length > 0, `${path} bit ${bit}: ride ${ride} is gone`)
        await again.close()
      } catch (error) {
        if (!isMetrobusError(error, 'MB_JOURNAL_CORRUPT')) throw error
        assert.ok(path.endsWith('.seg'), `${path} bit ${bit}: ${error.message}`)
        assert.deepEqual(
          damaged.files().map((file) => `${file.path} ${file.size}`),
          before,
        )
      }
    }
})

test('the bytes behind the last whole frame are kept beside the journal; zeros at the end are room that was set ahead, and nothing else', async () => {
  const units = plan(9, 4, 100)
  const disk = new SimDisk()
  const full = await open(disk)
  await append(full, units)
  const [segment] = disk.files().filter((file) => file.path.endsWith('.seg'))
  const bytes = disk.contents(segment!.path).subarray(0, full.end)
  const garbage = new Uint8Array(777).fill(0x5a)
  for (const [what, tail, zeros] of [
    ['zeros', new Uint8Array(), 5000],
    ['garbage', garbage, 0],
    ['garbage before zeros', garbage, 3_000_000],
    ['an old frame', bytes.subarray(-300), 0],
  ] as const) {
    const after = disk.remount()
    after.replace(segment!.path, Buffer.concat([bytes, tail, new Uint8Array(zeros)]))
    const journal = await open(after)
    assert.equal(journal.opened.cutBytes, tail.length, what)
    assert.equal(after.contents(segment!.path).length, bytes.length, what)
    assert.equal(JSON.stringify(await picture(journal)), JSON.stringify(modelOf(units, units.length)), what)
    if (what === 'zeros') assert.equal(journal.opened.cutFile, undefined)
    else assert.deepEqual(after.contents(journal.opened.cutFile!), Uint8Array.from(tail), what)
    await journal.close()
  }
})

test('a frame of an earlier life that fits by position and checksum does not come back', async () => {
  const write = async (rides: readonly string[]): Promise<{ bytes: Buffer; ends: number[]; path: string }> => {
    const disk = new SimDisk()
    const journal = await open(disk)
    journal.createTopics(topics)
    const ends: number[] = []
    for (const ride of rides) ends.push(journal.append(group, unit({ 'a/0': [record(ride, 1)] })))
    await journal.synced()
    const { path } = disk.files().find((file) => file.path.endsWith('.seg'))!
    return { bytes: Buffer.from(disk.contents(path).subarray(0, journal.end)), ends, path }
  }
  const old = await write(['r1', 'r2', 'r3'])
  const now = await write(['r1', 'rx'])
  assert.equal(now.ends[1], old.ends[1])
  const disk = new SimDisk()
  await disk.mkdir('/journal')
  await (await disk.open(now.path, { create: true })).close()
  disk.replace(now.path, Buffer.concat([now.bytes, old.bytes.subarray(old.ends[1])]))

  const journal = await open(disk)

  assert.equal(journal.opened.cutBytes, old.bytes.length - now.bytes.length)
  assert.deepEqual((await picture(journal)).topics['a/0'], ['0 r1 1', '1 rx 1'])
  await journal.close()
})

test('half a frame that found no space is cut off at once', async () => {
  const disk = new SimDisk()
  const clock = new VirtualClock()
  const journal = await open(disk, { clock })
  journal.createTopics(topics)
  await journal.synced()
  const { path } = disk.files().find((file) => file.path.endsWith('.seg'))!
  const { end } = journal
  disk.fail((call) => (call.name === 'write' ? { error: 'EDQUOT', bytes: call.bytes >> 1 } : undefined))
  journal.append(group, unit({ 'a/0': [record('r', 1)] }))
  await clock.settle()

  assert.equal(journal.pressure, 'the disk is full')
  assert.equal(disk.contents(path).length, end)
})

test('a file is longer than what is in it while it is written to, and exactly as long when its segment is sealed and at a close', async () => {
  const disk = new SimDisk()
  const journal = await open(disk, { segmentBytesMax })
  await append(journal, plan(10, 30, 400))
  const sizes = (): ReadonlyMap<string, number> => new Map(disk.files().map(({ path, size }) => [path, size]))
  const running = sizes()
  const known = journal.segments().map(({ base, bytes }) => [`${dir}/${segmentName(base)}`, bytes] as const)

  await journal.close()

  assert.ok(known.length >= 3)
  const [active, ...sealed] = known.toReversed()
  assert.ok(running.get(active![0])! > active![1])
  for (const [path, bytes] of sealed) assert.equal(running.get(path), bytes)
  const closed = journal.segments().map(({ base, bytes }) => [`${dir}/${segmentName(base)}`, bytes] as const)
  for (const [path, bytes] of closed) assert.equal(sizes().get(path), bytes)
})

test('the room that was set ahead is no damage, nor a torn tail, for those who look into files', async () => {
  const disk = new SimDisk()
  const journal = await open(disk)
  await append(journal, plan(11, 4, 100))
  const after = disk.remount()

  const report = await verifyJournal({
    dir,
    platform: { clock: new VirtualClock(), random: new SeededRandom(1), disk: after },
  })

  assert.ok(after.files().some(({ path, size }) => path.endsWith('.seg') && size > journal.end))
  assert.deepEqual([report.damages, report.tail], [[], undefined])
})

test('a segment that is missing, empty or cut short is damage', async () => {
  const units = plan(6, 20, 400)
  const disk = new SimDisk()
  const journal = await open(disk, { segmentBytesMax })
  await append(journal, units)
  await journal.close()
  const segments = disk.files().filter((file) => file.path.endsWith('.seg'))
  assert.ok(segments.length >= 3)
  for (const { path, size } of segments) {
    for (const left of [0, 30, 64, size >> 1]) {
      const cut = disk.remount()
      cut.replace(path, cut.contents(path).subarray(0, left))
      await assert.rejects(
        open(cut, { segmentBytesMax }),
        (error) => isMetrobusError(error, 'MB_JOURNAL_CORRUPT'),
        `${path} ${left}`,
      )
    }
    const gone = disk.remount()
    await gone.unlink(path)
    await assert.rejects(open(gone, { segmentBytesMax }), (error) => isMetrobusError(error, 'MB_JOURNAL_CORRUPT'), path)
  }
})

test('a damaged frame hides its own records and those that refer to it, and no others', async () => {
  const disk = new SimDisk()
  const journal = await open(disk)
  journal.createTopics(topics)
  const data = { text: 'y'.repeat(400) }
  const first = record('r0', data)
  journal.append(group, unit({ 'a/0': [first] }))
  const position = journal.end
  for (let index = 1; index < 5; index++) {
    const made = record(`r${index}`, { index })
    journal.append(group, unit({ 'a/0': [made] }))
  }
  const later = record('later', data)
  later.unchangedFrom = first
  journal.append(group, unit({ 'b/0': [later] }))
  await journal.synced()
  const [segment] = disk.files().filter((file) => file.path.endsWith('.seg'))
  disk.flipBit(segment!.path, (position - 20) * 8)
  const limits = { recordsMax: 10, bytesMax: 1e6 }

  await assert.rejects(journal.read('a', 0, 0, limits), (error) => isMetrobusError(error, 'MB_JOURNAL_CORRUPT'))
  await assert.rejects(journal.read('b', 0, 0, limits), (error) => isMetrobusError(error, 'MB_JOURNAL_CORRUPT'))
  assert.deepEqual(
    (await journal.read('a', 0, 1, limits)).map((one) => one.ride),
    ['r1', 'r2', 'r3', 'r4'],
  )
})

/** How many calls a run without faults makes. */
async function callsOf(units: readonly PlannedUnit[], name?: 'write'): Promise<number> {
  const disk = new SimDisk()
  const journal = await open(disk, { segmentBytesMax })
  await append(journal, units)
  await journal.close()
  return disk.callCount(name)
}
