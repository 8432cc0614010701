import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noHeaders } from '../event/event.ts'
import { Record } from '../event/record.ts'
import { crashImages } from '../testing/crash-images.ts'
import { SeededRandom, chooseSeed } from '../testing/seeded-random.ts'
import { SimDisk } from '../testing/sim-disk.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { openJournal } from './index.ts'
import type { Journal, JournalOptions, JournalRetention } from './index.ts'

const hour = 60 * 60 * 1000
const segmentBytesMax = 4096

interface Fixture {
  readonly disk: SimDisk
  readonly clock: VirtualClock
  readonly journal: Journal
}

async function open(disk: SimDisk, clock: VirtualClock, options: Partial<JournalOptions> = {}): Promise<Journal> {
  const platform = { clock, random: new SeededRandom(1), disk }
  return openJournal({ dir: '/j', platform, segmentBytesMax, reserveBytes: 0, ...options })
}

async function fixture(retention: JournalRetention, options: Partial<JournalOptions> = {}): Promise<Fixture> {
  const disk = new SimDisk()
  const clock = new VirtualClock()
  const journal = await open(disk, clock, options)
  journal.createTopics([{ name: 'topic', partitions: 2, retention }])
  return { disk, clock, journal }
}

function recordOf(number: number, key: string | null, data: unknown): Record {
  const fields = {
    ride: `ride-${number}`,
    hop: 0,
    type: 't',
    source: '/s',
    time: 0,
    key,
    headers: noHeaders,
    replay: 0,
    slip: '',
  }
  return new Record({ ...fields, correlationId: undefined, causationId: undefined }, data, undefined)
}

/** Appends records of about 200 bytes, one a unit, alternating between the partitions. */
async function fill(journal: Journal, count: number, from = 0): Promise<void> {
  for (let number = from; number < from + count; number++) {
    const records = [recordOf(number, `k${number}`, { number, text: 'x'.repeat(100) })]
    journal.append('writer', {
      outputs: [{ topic: 'topic', partition: number % 2, records }],
      acknowledgements: [],
      changes: [],
    })
    await journal.synced()
  }
}

function settle(journal: Journal, group: string, watermark: number): void {
  const acknowledgements = [0, 1].map((partition) => ({ topic: 'topic', partition, watermark, above: [] }))
  journal.append(group, { outputs: [], acknowledgements, changes: [] })
}

async function readAll(journal: Journal, partition: number): Promise<readonly Record[]> {
  const records: Record[] = []
  for (let next = 0; ; next = records.at(-1)!.offset + 1) {
    const read = await journal.read('topic', partition, next, { recordsMax: 7, bytesMax: 10_000 })
    if (read.length === 0) return records
    records.push(...read)
  }
}

const begins = (journal: Journal): readonly number[] => journal.topics()[0]!.partitions.map(({ begin }) => begin)
const offsets = async (journal: Journal, partition: number): Promise<readonly number[]> =>
  (await readAll(journal, partition)).map(({ offset }) => offset)
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)

test('gives up what is older than the time of its topic, and removes the segments that held nothing else', async () => {
  const { journal, clock } = await fixture({ timeMs: hour })
  await fill(journal, 100)
  await clock.advance(hour - 1000)
  await fill(journal, 10, 100)
  const before = journal.segments().length

  await clock.advance(2000)
  await journal.housekeep()

  assert.deepEqual(begins(journal), [50, 50])
  assert.deepEqual(await offsets(journal, 0), range(50, 55))
  assert.ok(journal.segments().length < before - 3)
})

test('a clock that is set before the first pass makes nothing old', async () => {
  const { journal, clock } = await fixture({ timeMs: hour })
  await fill(journal, 100)
  clock.jump(365 * 24 * hour)

  await journal.housekeep()

  assert.deepEqual(begins(journal), [0, 0])
})

test('keeps what a group that reads the topic has not settled, however old', async () => {
  const { journal, clock } = await fixture({ timeMs: hour, bytesMax: 1 })
  journal.seek('slow', [{ topic: 'topic', partition: 0, offset: 0 }])
  await fill(journal, 60)
  settle(journal, 'quick', 30)
  await clock.advance(3 * hour)

  await journal.housekeep()
  assert.deepEqual(begins(journal), [0, 0], 'also in the partition that the slow group has never settled in')
  settle(journal, 'slow', 7)
  await journal.housekeep()

  assert.deepEqual(begins(journal), [7, 7])
})

test('reads the index of no sealed segment to learn that all of it is too old, however many there are', async () => {
  const { disk, journal, clock } = await fixture({ timeMs: hour })
  journal.seek('slow', [{ topic: 'topic', partition: 0, offset: 0 }])
  // More than there are indexes in memory.
  await fill(journal, 600)
  await clock.advance(3 * hour)
  const read: string[] = []
  disk.fail(({ name, path }) => {
    if (name === 'read') read.push(path)
    return undefined
  })

  await journal.housekeep()

  assert.ok(journal.segments().length > 20)
  assert.deepEqual(
    read.filter((path) => path.endsWith('.idx')),
    [],
  )
  assert.deepEqual(begins(journal), [0, 0])
})

test('gives up the oldest when a topic is larger than its bound', async () => {
  const { journal } = await fixture({ bytesMax: 10_000 })
  await fill(journal, 200)
  assert.ok(journal.topics()[0]!.bytes > 40_000)

  await journal.housekeep()

  assert.ok(journal.topics()[0]!.bytes <= 10_000 + 2 * segmentBytesMax)
  assert.deepEqual((await offsets(journal, 0)).at(-1), 99)
})

test('never gives up anything of a topic without limits', async () => {
  const { journal, clock } = await fixture({})
  await fill(journal, 60)
  settle(journal, 'reader', 30)
  await clock.advance(48 * hour)

  await journal.housekeep()

  assert.deepEqual(begins(journal), [0, 0])
})

test('does not take a wall clock that was set forward for the passing of time', async () => {
  const { journal, clock } = await fixture({ timeMs: hour })
  await fill(journal, 60)
  await journal.housekeep()

  clock.jump(365 * 24 * hour)
  await journal.housekeep()

  assert.deepEqual(begins(journal), [0, 0])
})

test('copies what is live out of a segment that is less than half live: same place, same time, same data', async () => {
  const { journal, disk, clock } = await fixture({})
  journal.createTopics([{ name: 'gone', partitions: 1, retention: { timeMs: 0 } }])
  for (let number = 0; number < 120; number++) {
    const kept =
      number % 5 === 0 ? [{ topic: 'topic', partition: 0, records: [recordOf(number, 'k', { number })] }] : []
    const gone = { topic: 'gone', partition: 0, records: [recordOf(number, 'k', 'y'.repeat(100))] }
    journal.append('writer', { outputs: [gone, ...kept], acknowledgements: [], changes: [] })
    await journal.synced()
    clock.jump(10)
  }
  const before = await readAll(journal, 0)
  const segments = journal.segments().length

  const report = await journal.housekeep()

  const describe = ({ ride, offset, appendedAt, key, data }: Record) => ({ ride, offset, appendedAt, key, data })
  assert.ok(report.cleaned > 2, `cleaned ${report.cleaned} of ${segments}`)
  assert.ok(journal.segments().length < segments)
  assert.deepEqual((await readAll(journal, 0)).map(describe), before.map(describe))
  await journal.close()
  const again = await open(disk.remount(), clock)
  assert.deepEqual((await readAll(again, 0)).map(describe), before.map(describe))
  assert.deepEqual(
    (await again.ride('ride-5')).map(({ topic, record }) => `${topic}/${record.offset}`),
    ['topic/1'],
  )
})

test('brings the data inside that an entry shared with one that is gone', async () => {
  const { journal } = await fixture({})
  journal.createTopics([{ name: 'gone', partitions: 1, retention: { timeMs: 0 } }])
  const data = { text: 'z'.repeat(500) }
  for (let number = 0; number < 60; number++) {
    const first = recordOf(number, 'k', data)
    const outputs = [{ topic: 'gone', partition: 0, records: [first] }]
    journal.append('writer', { outputs, acknowledgements: [], changes: [] })
    if (number % 10 === 0)
      journal.append('writer', {
        outputs: [{ topic: 'topic', partition: 0, records: [first.copy({ hop: 1 })] }],
        acknowledgements: [],
        changes: [],
      })
    await journal.synced()
  }

  const report = await journal.housekeep()

  assert.ok(report.cleaned > 0)
  assert.deepEqual(
    (await readAll(journal, 0)).map(({ data }) => data),
    Array.from({ length: 6 }, () => data),
  )
})

test('keeps the disk within twice the live bytes and two segments', async () => {
  const random = new SeededRandom(11)
  const { journal } = await fixture({})
  journal.createTopics([{ name: 'gone', partitions: 1, retention: { timeMs: 0 } }])
  let live = 0
  for (let number = 0; number < 400; number++) {
    const size = random.between(10, 400)
    const topic = random.chance(0.4) ? 'topic' : 'gone'
    if (topic === 'topic') live += size
    journal.append('writer', {
      outputs: [{ topic, partition: 0, records: [recordOf(number, null, 'x'.repeat(size))] }],
      acknowledgements: [],
      changes: [],
    })
    await journal.synced()
    if (number % 100 === 99) await journal.housekeep()
  }

  const topic = journal.topics().find(({ name }) => name === 'topic')!
  const disk = journal.segments().reduce((sum, { bytes }) => sum + bytes, 0)
  assert.ok(topic.bytes >= live)
  assert.ok(disk <= 2 * topic.bytes + 2 * (segmentBytesMax + 2000), `${disk} bytes for ${topic.bytes}`)
})

test('keeps the newest record of each key of a compacted topic, and those without a key', async () => {
  const { journal, disk, clock } = await fixture({ compact: true })
  for (let number = 0; number < 200; number++) {
    const key = number % 50 === 0 ? null : `k${number % 7}`
    const records = [recordOf(number, key, { number, text: 'x'.repeat(50) })]
    journal.append('writer', {
      outputs: [{ topic: 'topic', partition: 0, records }],
      acknowledgements: [],
      changes: [],
    })
    await journal.synced()
  }
  await fillTail(journal)

  const report = await journal.housekeep()

  const left = await readAll(journal, 0)
  const expected = [0, 50, 100, 150, ...range(193, 200)]
  assert.ok(report.cleaned > 3)
  const numbers = left.map(({ data }) => (data as { number: number }).number)
  assert.ok(
    expected.every((number) => numbers.includes(number)),
    String(numbers),
  )
  assert.ok(numbers.length < 60, `${numbers.length} of 200`)
  await journal.close()
  const again = await open(disk.remount(), clock)
  assert.deepEqual(
    (await readAll(again, 0)).map(({ ride }) => ride),
    left.map(({ ride }) => ride),
  )
})

/** Appends to another partition until the segments before are sealed. */
async function fillTail(journal: Journal): Promise<void> {
  for (let number = 0; number < 40; number++) {
    const records = [recordOf(1000 + number, `tail${number}`, { text: 'x'.repeat(100) })]
    journal.append('writer', {
      outputs: [{ topic: 'topic', partition: 1, records }],
      acknowledgements: [],
      changes: [],
    })
    await journal.synced()
  }
}

test('does not compact what a reader has not settled', async () => {
  const { journal } = await fixture({ compact: true })
  journal.seek('reader', [{ topic: 'topic', partition: 0, offset: 0 }])
  for (let number = 0; number < 100; number++)
    journal.append('writer', {
      outputs: [{ topic: 'topic', partition: 0, records: [recordOf(number, 'same', { text: 'x'.repeat(60) })] }],
      acknowledgements: [],
      changes: [],
    })
  await fillTail(journal)

  await journal.housekeep()
  assert.equal((await readAll(journal, 0)).length, 100)
})

test('lets go of a tombstone only when its time is over and nothing older of its key is left', async () => {
  const { journal, clock } = await fixture({ compact: true, timeMs: hour })
  const append = async (number: number, data: unknown): Promise<void> => {
    journal.append('writer', {
      outputs: [{ topic: 'topic', partition: 0, records: [recordOf(number, 'key', data)] }],
      acknowledgements: [],
      changes: [],
    })
    await journal.synced()
  }
  await append(1, { text: 'x'.repeat(100) })
  await append(2, null)
  await fillTail(journal)

  await journal.housekeep()
  const early = await readAll(journal, 0)
  assert.equal(early.at(-1)!.data, null, 'it is young')
  await clock.advance(2 * hour)
  // Each pass may free what the next one needs to be sure.
  for (let pass = 0; pass < 4; pass++) {
    await fillTail(journal)
    await journal.housekeep()
    const left = await readAll(journal, 0)
    assert.ok(left.length === 0 || left.at(-1)!.data === null, 'the older value came back')
  }
  assert.deepEqual(await readAll(journal, 0), [])
})

test('keeps a tombstone while an older value of its key lies in a segment that stays', async () => {
  const { journal, clock } = await fixture({ compact: true, timeMs: hour })
  const append = async (number: number, key: string, data: unknown): Promise<void> => {
    const records = [recordOf(number, key, data)]
    journal.append('writer', {
      outputs: [{ topic: 'topic', partition: 0, records }],
      acknowledgements: [],
      changes: [],
    })
    await journal.synced()
  }
  const text = 'x'.repeat(100)
  await append(0, 'key', text)
  for (let number = 1; number < 30; number++) await append(number, `stays ${number}`, text)
  await append(30, 'key', null)
  for (let number = 31; number < 60; number++) await append(number, 'overtaken', text)
  await fillTail(journal)
  clock.jump(2 * hour)

  const report = await journal.housekeep()

  assert.ok(report.cleaned > 0)
  const values = (await readAll(journal, 0)).filter(({ key }) => key === 'key').map(({ data }) => data)
  assert.deepEqual(values, [text, null])
})

test('takes entries again when cleaning has brought the disk below its bound', async () => {
  const { journal, clock } = await fixture({ timeMs: 0 }, { diskBytesMax: 20_000 })
  settle(journal, 'reader', 0)
  let number = 0
  while (journal.pressure === undefined) await fill(journal, 1, number++)

  settle(journal, 'reader', Math.floor((number - 1) / 2))
  await clock.advance(5000)

  await fill(journal, 1, 1000)
  assert.equal(journal.pressure, undefined)
})

test('goes by itself, once a minute', async () => {
  const { journal, clock } = await fixture({ timeMs: 1000 })
  await fill(journal, 100)

  await clock.advance(61_000)

  assert.deepEqual(begins(journal), [50, 50])
  assert.equal(journal.segments().length, 1)
})

test('keeps the files of a segment while somebody is about to read them', async () => {
  const { journal, disk, clock } = await fixture({ timeMs: 1000 })
  await fill(journal, 60)
  await journal.close()
  const slow = disk.remount({ clock })
  const again = await openSlowly(slow, clock)
  clock.jump(2000)
  slow.fail(({ name }) => (name === 'open' ? { delayMs: 300 } : undefined))
  const reading = again.read('topic', 0, 0, { recordsMax: 100, bytesMax: 100_000 })
  await clock.settle()

  const cleaning = again.housekeep()
  await clock.advance(50_000)

  assert.ok((await reading).length > 0)
  assert.ok((await cleaning).removed > 0)
})

test('keeps the files of a segment until the log says durably that it is gone', async () => {
  const { journal, disk, clock } = await fixture({ timeMs: 1000 })
  await fill(journal, 60)
  await journal.close()
  const slow = disk.remount({ clock })
  const again = await openSlowly(slow, clock)
  clock.jump(2000)
  const { path } = slow.files().find((file) => file.path.endsWith('.seg'))!
  const isThere = (): boolean => slow.files().some((file) => file.path === path)
  slow.fail(({ name }) => (name === 'sync' ? { delayMs: 300 } : undefined))

  const cleaning = again.housekeep()
  await clock.advance(299)
  assert.equal(isThere(), true)
  await clock.advance(1000)

  assert.ok((await cleaning).removed > 0)
  assert.equal(isThere(), false)
})

test('an opening that finishes a removal deletes nothing before the name of the segment that speaks of it is durable', async () => {
  const { journal, disk, clock } = await fixture({ timeMs: 1000 })
  await fill(journal, 60)
  clock.jump(2000)
  disk.fail(({ name }) => (name === 'unlink' ? { error: 'EIO' } : undefined))
  await journal.housekeep().catch(() => undefined)
  const left = disk.remount()
  const calls: string[] = []
  left.fail(({ name }) => void calls.push(name))

  await (await open(left, clock)).close()

  assert.ok(calls.includes('unlink'), 'it has found something to delete')
  const from = calls.lastIndexOf('sync', calls.indexOf('unlink'))
  assert.ok(calls.slice(from, calls.indexOf('unlink')).includes('syncFolder'))
})

/** Opens a journal on a disk whose answers wait for the clock. */
async function openSlowly(disk: SimDisk, clock: VirtualClock): Promise<Journal> {
  const opening = open(disk, clock)
  await clock.advance(1000)
  return opening
}

/** Sixty records, of which every fifth stays. */
async function appendMostlyGone(journal: Journal): Promise<void> {
  journal.createTopics([{ name: 'gone', partitions: 1, retention: { timeMs: 0 } }])
  for (let number = 0; number < 60; number++) {
    const topic = number % 5 === 0 ? 'topic' : 'gone'
    journal.append('writer', {
      outputs: [{ topic, partition: 0, records: [recordOf(number, 'k', 'y'.repeat(100))] }],
      acknowledgements: [],
      changes: [],
    })
    await journal.synced()
  }
}

test('leaves a damaged segment as it is, and says so', async () => {
  const { journal, disk, clock } = await fixture({})
  await appendMostlyGone(journal)
  await journal.close()
  const next = disk.remount()
  const { path } = next.files().find(({ path }) => path.endsWith('.seg'))!
  next.flipBit(path, 2000 * 8)
  const told: string[] = []
  const again = await open(next, clock, { log: (level, message) => told.push(`${level}: ${message}`) })

  await again.housekeep()
  await again.housekeep()

  assert.ok(next.files().some((file) => file.path === path))
  assert.deepEqual(
    told.filter((line) => line.startsWith('error')),
    ['error: Damaged space is not given back.'],
  )
})

test('loses and doubles nothing when a crash comes anywhere in cleaning', async () => {
  const { journal, disk, clock } = await fixture({})
  journal.createTopics([{ name: 'gone', partitions: 1, retention: { timeMs: 0 } }])
  for (let number = 0; number < 60; number++) {
    const topic = number % 5 === 0 ? 'topic' : 'gone'
    journal.append('writer', {
      outputs: [{ topic, partition: 0, records: [recordOf(number, 'k', `${number} ${'y'.repeat(100)}`)] }],
      acknowledgements: [],
      changes: [],
    })
    await journal.synced()
  }
  const expected = (await readAll(journal, 0)).map(({ offset, data }) => ({ offset, data }))
  const from = disk.operations.length
  const report = await journal.housekeep()
  assert.ok(report.cleaned > 1)

  let images = 0
  for (const image of crashImages(disk, { from, cutEvery: 211, samples: 1, subsetsOf: 2 })) {
    images++
    const mounted = image.mount({ log: false })
    let again = await open(mounted, clock)
    assert.deepEqual(
      (await readAll(again, 0)).map(({ offset, data }) => ({ offset, data })),
      expected,
      image.name,
    )
    await again.housekeep()
    assert.deepEqual(
      (await readAll(again, 0)).map(({ offset, data }) => ({ offset, data })),
      expected,
      `${image.name}, cleaned again`,
    )
    const bytes = again
      .segments()
      .flatMap(({ contents }) => contents.filter(({ topic }) => topic === 'topic'))
      .reduce((sum, { count }) => sum + count, 0)
    assert.equal(bytes, expected.length, `${image.name}: copies are left`)
    await again.close()
    again = await open(mounted.remount({ log: false }), clock)
    assert.deepEqual((await readAll(again, 0)).length, expected.length, `${image.name}, opened again`)
    await again.close()
  }
  assert.ok(images > 100, `${images} images`)
})

test('nothing that arrives while passes run is lost, the journal stays well, and no files stay of segments that are given up, with many seeds', async () => {
  const first = chooseSeed()
  for (let seed = first; seed < first + 20; seed++) {
    const random = new SeededRandom(seed)
    const clock = new VirtualClock()
    const disk = new SimDisk({ clock, log: false })
    const journal = await during(clock, open(disk, clock))
    journal.createTopics([
      { name: 'topic', partitions: 2, retention: {} },
      { name: 'gone', partitions: 1, retention: { timeMs: 0 } },
    ])
    disk.fail(({ name }) => (random.chance(0.3) ? { delayMs: random.between(1, name === 'sync' ? 20 : 4) } : undefined))
    let passes = Promise.resolve()
    for (let number = 0; number < 150; number++) {
      const text = 'x'.repeat(random.below(200))
      journal.append('writer', {
        outputs: [
          { topic: 'topic', partition: number % 2, records: [recordOf(number, null, { number, text })] },
          {
            topic: 'gone',
            partition: 0,
            records: [recordOf(number, null, { text }), recordOf(number, null, { text })],
          },
        ],
        acknowledgements: [],
        changes: [],
      })
      if (random.chance(0.1)) passes = passes.then(() => journal.housekeep()).then(() => undefined)
      if (random.chance(0.5)) await clock.advance(random.below(10))
    }
    await during(
      clock,
      passes.then(() => journal.synced()),
    )

    const found = await during(clock, Promise.all([offsets(journal, 0), offsets(journal, 1)]))
    assert.deepEqual(found, [range(0, 75), range(0, 75)], `METROBUS_SEED=${seed}`)
    await during(clock, journal.close())
    const names = disk.files().map(({ path }) => path)
    const left = names.filter((name) => name.endsWith('.idx') && !names.includes(name.replace('.idx', '.seg')))
    assert.deepEqual(left, [], `METROBUS_SEED=${seed}`)
  }
})

for (const durability of [{ mode: 'none' }, { mode: 'interval', intervalMs: 60_000 }] as const)
  test(`what was copied is on the disk before the segment that held it goes, also in the mode ${durability.mode}`, async () => {
    const { journal, disk, clock } = await fixture({}, { durability })
    await appendMostlyGone(journal)
    const segments = journal.segments().length
    await journal.housekeep()
    assert.ok(journal.segments().length < segments)

    const again = await open(disk.powerCut(), clock, { durability })

    assert.deepEqual(await offsets(again, 0), range(0, 12))
  })

/** Lets time pass until it is done. */
async function during<Value>(clock: VirtualClock, promise: Promise<Value>): Promise<Value> {
  const progress = { isOver: false }
  void promise.finally(() => (progress.isOver = true)).catch(() => undefined)
  while (!progress.isOver) await clock.advance(1)
  return promise
}
