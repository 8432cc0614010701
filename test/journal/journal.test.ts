/** The contract of an open journal, promise by promise. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isMetrobusError } from '../../src/errors/index.ts'
import type { ErrorCode } from '../../src/errors/index.ts'
import type { Record } from '../../src/event/record.ts'
import { SimDisk, VirtualClock } from '../../src/testing/index.ts'
import { dir, fieldsOf, group, modelOf, open, picture, plan, record, topics, unit, unitOfPlan } from './kit.ts'

const all = { recordsMax: 1000, bytesMax: 1e9 }
const code =
  (wanted: ErrorCode) =>
  (error: unknown): boolean =>
    isMetrobusError(error, wanted)

test('gives records their offsets and time, and reads them back with every field as it was', async () => {
  const disk = new SimDisk()
  const clock = new VirtualClock()
  const journal = await open(disk, { clock })
  journal.createTopics(topics)
  const whole = record(
    'ride ä\u0000€ 🚇',
    { deep: [1, 'zwölf', null, { x: '\u2028' }] },
    {
      hop: 3,
      type: 'typé',
      source: '/s?',
      time: 1.5e12,
      key: '',
      headers: { a: '1', ü: 'ß' },
      correlationId: '',
      causationId: 'c~1',
      replay: 2,
      slip: 'x|y',
    },
  )
  const bare = record('bare', null, { key: 'k' })
  const position = journal.append(group, unit({ 'a/1': [whole, bare] }))
  assert.deepEqual([whole.offset, bare.offset, whole.appendedAt], [0, 1, clock.now()])
  assert.equal(journal.end, position)
  await journal.synced()
  assert.equal(journal.durable >= position, true)

  for (const reader of [journal, undefined]) {
    if (reader === undefined) await journal.close()
    const from = reader ?? (await open(disk))
    const [one, two] = await from.read('a', 1, 0, all)
    assert.deepEqual(fieldsOf(one), fieldsOf(whole))
    assert.deepEqual(one!.data, whole.data)
    assert.deepEqual(fieldsOf(two), fieldsOf(bare))
    assert.equal(two!.data, null)
    assert.equal(two!.encoded, undefined)
  }
})

test('any text survives in any field', async () => {
  const journal = await open(new SimDisk())
  journal.createTopics(topics)
  const text = fc.string({ unit: 'binary', maxLength: 20 }).map((one) => one.toWellFormed())
  const maybe = fc.option(text, { nil: undefined })
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        ride: text,
        type: text,
        source: text,
        slip: text,
        key: fc.option(text),
        correlationId: maybe,
        causationId: maybe,
        hop: fc.nat(),
        replay: fc.nat(),
      }),
      fc.jsonValue(),
      async (fields, data) => {
        const made = record(fields.ride, data, fields)
        journal.append(group, unit({ 'b/0': [made] }))
        await journal.synced()
        const [found] = await journal.read('b', 0, made.offset, { recordsMax: 1, bytesMax: 1 })
        assert.deepEqual(fieldsOf(found), fieldsOf(made))
        assert.equal(JSON.stringify(found!.data), JSON.stringify(data))
        assert.ok((await journal.ride(fields.ride)).some((placed) => placed.record.offset === made.offset))
      },
    ),
    { numRuns: 200 },
  )
})

test('everything appended in one turn of the loop, also behind promises, rides in one write and one sync', async () => {
  const disk = new SimDisk()
  const journal = await open(disk)
  journal.createTopics(topics)
  await journal.synced()
  const before = [disk.callCount('write'), disk.callCount('sync')]
  const told: number[] = []
  journal.listen({ durable: (position) => told.push(position), failed: assert.ifError, pressed: () => undefined })

  for (let index = 0; index < 50; index++) {
    journal.append(group, unit({ 'a/0': [record(`r${index}`, index)] }))
    await Promise.resolve()
  }
  await journal.synced()

  assert.deepEqual([disk.callCount('write'), disk.callCount('sync')], [before[0]! + 1, before[1]! + 1])
  assert.deepEqual(told, [journal.end])
})

test('nothing is read or found before it is durable', async () => {
  const clock = new VirtualClock()
  const disk = new SimDisk({ clock })
  const journal = await open(disk, { clock })
  journal.createTopics(topics)
  await journal.synced()
  disk.fail((call) => (call.name === 'sync' ? { delayMs: 1000 } : undefined))
  journal.append(group, unit({ 'a/0': [record('r', 1)] }))
  await clock.settle()

  assert.deepEqual(await journal.read('a', 0, 0, all), [])
  assert.deepEqual(await journal.ride('r'), [])
  await clock.advance(1000)

  assert.equal((await journal.read('a', 0, 0, all)).length, 1)
  assert.equal((await journal.ride('r')).length, 1)
})

test('a unit that is refused leaves nothing behind', async () => {
  const journal = await open(new SimDisk())
  journal.createTopics(topics)
  const whole = record('whole', { x: 1 })
  const circular: { self?: unknown } = {}
  circular.self = circular
  const before = journal.end
  const tries: readonly [() => unknown, (error: unknown) => boolean][] = [
    [
      () => journal.append(group, unit({ 'a/0': [whole, record('bad', circular)] })),
      (error) => error instanceof TypeError,
    ],
    [() => journal.append(group, unit({ 'a/0': [whole], 'c/0': [record('x', 1)] })), code('MB_UNKNOWN_TOPIC')],
    [() => journal.append(group, unit({ 'a/2': [whole] })), code('MB_UNKNOWN_TOPIC')],
    [
      () => journal.append(group, unit({ 'a/0': [whole, record('big', 'x'.repeat(17 << 20))] })),
      code('MB_UNIT_TOO_LARGE'),
    ],
    [
      () => journal.append(group, unit({ 'a/0': [whole] }, [{ topic: 'a', partition: 1, watermark: 1, above: [] }])),
      code('MB_POSITION_WENT_BACK'),
    ],
    [
      () =>
        journal.createTopics([
          { name: 'n', partitions: 1, retention: {} },
          { name: 'a', partitions: 3, retention: {} },
        ]),
      code('MB_TOPIC_MISMATCH'),
    ],
  ]
  for (const [attempt, check] of tries) assert.throws(attempt, check)
  assert.throws(() => journal.createTopics([{ name: 'n', partitions: 65_536, retention: {} }]), code('MB_BAD_OPTIONS'))
  // A group is known from its first unit on, also when the unit did not come.
  assert.ok(journal.end - before < 300)
  assert.equal(whole.offset, -1)
  assert.equal(whole.home, undefined)

  journal.append(group, unit({ 'a/0': [whole] }))
  await journal.synced()
  assert.deepEqual((await picture(journal)).topics['a/0'], ['0 whole {"x":1}'])
  assert.deepEqual(
    journal.topics().map((topic) => topic.name),
    ['a', 'b'],
  )
})

test('positions never go back but by seek, and never pass the end', async () => {
  const disk = new SimDisk()
  const journal = await open(disk)
  journal.createTopics(topics)
  journal.append(group, unit({ 'a/0': [1, 2, 3, 4].map((n) => record(`r${n}`, n)) }))
  const settle = (watermark: number, above: readonly number[] = []): number =>
    journal.append(group, unit({}, [{ topic: 'a', partition: 0, watermark, above }]))
  settle(2, [3, 4])
  assert.throws(() => settle(1), code('MB_POSITION_WENT_BACK'))
  assert.throws(() => settle(5), code('MB_POSITION_WENT_BACK'))
  assert.throws(() => settle(2, [4, 5]), code('MB_POSITION_WENT_BACK'))
  assert.deepEqual(journal.positions(group), [{ topic: 'a', partition: 0, watermark: 2, above: [3, 4] }])

  journal.seek(group, [{ topic: 'a', partition: 0, offset: 1 }])
  await journal.close()

  const again = await open(disk)
  assert.deepEqual(again.positions(group), [{ topic: 'a', partition: 0, watermark: 1, above: [] }])
  assert.deepEqual(again.positions('nobody'), [])
})

test('data passed on unchanged is written once a segment, and reads the same', async () => {
  const disk = new SimDisk()
  const journal = await open(disk)
  journal.createTopics(topics)
  const data = { text: 'x'.repeat(3000) }
  const first = record('r1', data)
  journal.append(group, unit({ 'a/0': [first] }))
  const before = journal.end
  const hop = record('r1', data, { hop: 1 })
  hop.unchangedFrom = first
  journal.append(group, unit({ 'b/0': [hop] }))
  assert.ok(journal.end - before < 600, 'a reference, not a copy')
  await journal.close()

  // Also from a record that was read, and after a restart.
  const again = await open(disk)
  const [read] = await again.read('b', 0, 0, all)
  const last = record('r1', read!.data, { hop: 2 })
  last.unchangedFrom = read
  const end = again.end
  again.append(group, unit({ 'b/0': [last] }))
  assert.ok(again.end - end < 600, 'a reference to where the data lies, not to a reference')
  await again.synced()
  for (const found of await again.read('b', 0, 0, all)) assert.deepEqual(found.data, data)
})

test('a segment holds as much as the state at its head, so that a large state is not written again and again', async () => {
  const disk = new SimDisk()
  const journal = await open(disk, { segmentBytesMax: 4096 })
  journal.createTopics(topics)
  const changes = Array.from({ length: 1000 }, (_, n) => ({
    store: 's',
    partition: 0,
    key: `row ${n}`,
    value: 'x'.repeat(40),
  }))
  journal.append(group, { ...unit({}), changes })
  await journal.synced()
  const before = journal.end
  let bytes = 0
  for (let n = 0; n < 1000; n++) {
    const data = 'y'.repeat(1000)
    bytes += data.length
    journal.append(group, unit({ 'a/0': [record(`r${n}`, data)] }))
    if (n % 10 === 0) await journal.synced()
  }
  assert.ok(journal.end - before < 2.5 * bytes, `${journal.end - before} bytes were written for ${bytes}`)
})

test('a record of another journal is copied and never referred to', async () => {
  const data = { text: 'x'.repeat(500) }
  const one = await open(new SimDisk())
  const two = await open(new SimDisk())
  for (const journal of [one, two]) journal.createTopics(topics)
  const first = record('r1', data)
  one.append(group, unit({ 'a/0': [first] }))
  const passed = record('r1', undefined)
  passed.unchangedFrom = first
  two.append(group, unit({ 'a/0': [passed] }))
  await two.synced()
  assert.deepEqual((await two.read('a', 0, 0, all))[0]!.data, data)
})

test('reads from any offset, in any portion, over segments that were closed, before and after a restart', async () => {
  const disk = new SimDisk()
  const options = { segmentBytesMax: 4096 }
  let journal = await open(disk, options)
  journal.createTopics(topics)
  const units = plan(21, 60, 400)
  const shared = new Map<unknown, Record>()
  for (const one of units) {
    journal.append(group, unitOfPlan(one, shared))
    await journal.synced()
  }
  const model = modelOf(units, units.length)
  for (let round = 0; round < 2; round++) {
    assert.ok(journal.segments().length > 4)
    assert.deepEqual(await picture(journal), model)
    for (const [place, expected] of Object.entries(model.topics)) {
      const [topic = '', partition] = place.split('/')
      for (let offset = 0; offset <= expected.length; offset++)
        for (const recordsMax of [1, 7, 1000]) {
          const found = await journal.read(topic, Number(partition), offset, { recordsMax, bytesMax: 1e9 })
          assert.deepEqual(
            found.map((one) => `${one.offset} ${one.id} ${JSON.stringify(one.data)}`),
            expected.slice(offset, offset + recordsMax).slice(0, found.length),
          )
          assert.ok(found.length > 0 || offset === expected.length)
        }
    }
    await journal.close()
    journal = await open(disk, options)
  }
})

test('finds every record of a ride in the order appended, in closed segments and open ones, after a restart too', async () => {
  const disk = new SimDisk()
  let journal = await open(disk, { segmentBytesMax: 4096 })
  journal.createTopics(topics)
  for (let hop = 0; hop < 40; hop++)
    journal.append(
      group,
      unit({
        [hop % 2 === 0 ? 'a/0' : 'b/0']: [record('the one', hop, { hop }), record(`other${hop}`, 'y'.repeat(200))],
      }),
    )
  await journal.synced()
  for (let round = 0; round < 2; round++) {
    const found = await journal.ride('the one')
    assert.deepEqual(
      found.map((one) => one.record.hop),
      Array.from({ length: 40 }, (_, hop) => hop),
    )
    assert.deepEqual(
      found.slice(0, 2).map((one) => one.topic),
      ['a', 'b'],
    )
    assert.deepEqual(await journal.ride('nobody'), [])
    await journal.close()
    journal = await open(disk, { segmentBytesMax: 4096 })
  }
})

test('the summary of an index is read when a journal is opened and by no search, which reads a block of each index at most', async () => {
  const disk = new SimDisk()
  const first = await open(disk, { segmentBytesMax: 64 * 1024 })
  first.createTopics(topics)
  for (let n = 0; n < 600; n++) {
    first.append(group, unit({ 'a/0': [record(`r${n}`, 'x'.repeat(2000))] }))
    await first.synced()
  }
  await first.close()
  const asked: number[] = []
  disk.fail(({ name, path, bytes }) => {
    if (name === 'read' && path.endsWith('.idx')) asked.push(bytes)
    return undefined
  })
  const journal = await open(disk, { segmentBytesMax: 64 * 1024 })

  assert.deepEqual(await journal.ride('nobody'), [])
  assert.deepEqual(await journal.ride('nobody else'), [])

  const closed = journal.segments().length - 1
  assert.ok(closed > 10)
  assert.equal(asked.filter((bytes) => bytes === 8 * 1024).length, closed)
  assert.ok(asked.length <= 3 * closed, `${asked.length} reads of ${closed} indexes`)
})

test('a ride is found where an index is damaged while the journal is open and the disk has no space for another', async () => {
  const disk = new SimDisk()
  const first = await open(disk, { segmentBytesMax: 4096 })
  first.createTopics(topics)
  for (let n = 0; n < 40; n++) first.append(group, unit({ 'a/0': [record(`r${n}`, 'x'.repeat(200))] }))
  await first.close()
  const journal = await open(disk, { segmentBytesMax: 4096 })
  for (const { path } of disk.files()) if (path.endsWith('.idx')) disk.replace(path, new Uint8Array(10))
  disk.capacityBytes = 0

  for (let n = 0; n < 40; n++) assert.equal((await journal.ride(`r${n}`)).length, 1, `r${n}`)
})

test('finds the first offset at or after a time, also when the wall clock went back', async () => {
  const clock = new VirtualClock({ now: 1000 })
  const journal = await open(new SimDisk(), { clock, segmentBytesMax: 4096 })
  journal.createTopics(topics)
  for (let index = 0; index < 30; index++) {
    journal.append(group, unit({ 'a/0': [record(`r${index}`, 'x'.repeat(300))] }))
    await clock.advance(10)
    if (index === 20) clock.jump(-100)
  }
  const times = (await journal.read('a', 0, 0, all)).map((one) => one.appendedAt)
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  )
  for (const timeMs of [0, 1000, 1001, 1095, 1200, 1211, 99_999]) {
    const expected = times.findIndex((time) => time >= timeMs)
    assert.equal(await journal.offsetAt('a', 0, timeMs), expected === -1 ? 30 : expected, String(timeMs))
  }
})

test('in the interval mode a unit counts when written, and a power cut loses at most the interval, never with a hole', async () => {
  const clock = new VirtualClock()
  const disk = new SimDisk()
  const said: string[] = []
  const journal = await open(disk, {
    clock,
    durability: { mode: 'interval', intervalMs: 50 },
    log: (_, message) => said.push(message),
  })
  assert.deepEqual(said, ['A power cut loses what was acknowledged in the last 50 ms.'])
  journal.createTopics(topics)
  await journal.synced()
  const syncs = disk.callCount('sync')
  for (let index = 0; index < 10; index++) {
    journal.append(group, unit({ 'a/0': [record(`r${index}`, index)] }))
    await journal.synced()
  }
  assert.equal(disk.callCount('sync'), syncs)
  await clock.advance(50)
  assert.equal(disk.callCount('sync'), syncs + 1)
})

test('a second opener is refused and told who has the journal; after close it may open', async () => {
  const disk = new SimDisk()
  const journal = await open(disk, { note: 'process 7' })
  await assert.rejects(
    open(disk),
    (error) => isMetrobusError(error, 'MB_JOURNAL_LOCKED') && error.facts.holder === 'process 7',
  )
  await journal.close()
  await journal.close()
  assert.throws(() => journal.append(group, unit({})), code('MB_JOURNAL_CLOSED'))
  await (await open(disk)).close()
})

test('after a close nothing large is read again, and closing again adds nothing', async () => {
  const disk = new SimDisk({ log: false })
  const first = await open(disk)
  first.createTopics(topics)
  for (let index = 0; index < 60; index++)
    first.append(group, unit({ 'a/0': [record(`r${index}`, 'x'.repeat(100_000))] }))
  await first.close()

  const second = await open(disk)
  assert.deepEqual([second.opened.framesReplayed, second.opened.indexesRebuilt], [2, 0])
  assert.equal((await second.ride('r59')).length, 1)
  const segments = second.segments().length
  await second.close()

  const third = await open(disk)
  assert.equal(third.segments().length, segments)
  await third.close()
})

test('read-only it changes no byte, not even of a torn tail, and refuses to append', async () => {
  const disk = new SimDisk()
  await assert.rejects(open(disk, { readOnly: true }), code('MB_JOURNAL_MISSING'))
  const units = plan(2, 6)
  const journal = await open(disk)
  journal.createTopics(topics)
  for (const one of units) journal.append(group, unitOfPlan(one))
  await journal.synced()
  const after = disk.remount()
  const path = `${dir}/0000000000000000.seg`
  after.replace(path, Buffer.concat([after.contents(path), Buffer.from('torn')]))
  const operations = after.operations.length

  const reader = await open(after, { readOnly: true })
  assert.deepEqual(await picture(reader), modelOf(units, units.length))
  assert.throws(() => reader.append(group, unit({})), code('MB_JOURNAL_READ_ONLY'))
  await reader.close()

  assert.equal(after.operations.length, operations)
})

test('a journal of a newer format is refused and not touched', async () => {
  const disk = new SimDisk()
  await (await open(disk)).close()
  const path = `${dir}/0000000000000000.seg`
  const bytes = Buffer.from(disk.contents(path))
  bytes.writeUInt32LE(2, 12)
  const { crc32 } = await import('node:zlib')
  bytes.writeUInt32LE(crc32(bytes.subarray(12, 64)), 8)
  disk.replace(path, bytes)
  const operations = disk.operations.length

  await assert.rejects(open(disk), code('MB_JOURNAL_NEWER'))
  assert.equal(disk.operations.length, operations)
})

test('options that cannot be are refused, all faults at once', async () => {
  await assert.rejects(
    open(new SimDisk(), { segmentBytesMax: 1, reserveBytes: -1 }),
    (error) => isMetrobusError(error, 'MB_BAD_OPTIONS') && error.facts.faults.length === 2,
  )
})

test('an idle journal writes one seal, so that its last group has a witness', async () => {
  const clock = new VirtualClock()
  const disk = new SimDisk()
  const journal = await open(disk, { clock })
  journal.createTopics(topics)
  await journal.synced()
  const end = journal.end
  await clock.advance(10_000)
  assert.ok(journal.end > end && journal.end - end < 100)
  assert.equal(journal.durable, journal.end)
  disk.flipBit(`${dir}/0000000000000000.seg`, (end - 3) * 8)
  // Without the seal this would be a torn tail.
  await assert.rejects(open(disk.remount()), code('MB_JOURNAL_CORRUPT'))
})
