import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noHeaders } from '../event/event.ts'
import { Record } from '../event/record.ts'
import { SeededRandom } from '../testing/seeded-random.ts'
import { SimDisk } from '../testing/sim-disk.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { dumpJournal, openJournal, salvageJournal, verifyJournal } from './index.ts'
import type { DumpLine, DumpedFrame, Journal } from './index.ts'

const platformOf = (disk: SimDisk) => ({ clock: new VirtualClock(), random: new SeededRandom(1), disk })
const open = (disk: SimDisk, dir = '/j'): Promise<Journal> =>
  openJournal({ dir, platform: platformOf(disk), segmentBytesMax: 4096, reserveBytes: 0 })

function recordOf(number: number, data: unknown): Record {
  const fields = {
    ride: `ride-${number}`,
    hop: 0,
    type: 't',
    source: '/s',
    time: 5,
    key: `k${number}`,
    headers: noHeaders,
    replay: 0,
    slip: '',
  }
  return new Record({ ...fields, correlationId: undefined, causationId: undefined }, data, undefined)
}

/** A closed journal of some segments: 60 records in `first`, each handed on unchanged to `second` and settled. */
async function journalOnDisk(): Promise<SimDisk> {
  const disk = new SimDisk()
  const journal = await open(disk)
  journal.createTopics(['first', 'second'].map((name) => ({ name, partitions: 1, retention: {} })))
  for (let number = 0; number < 60; number++) {
    const record = recordOf(number, { number, text: 'x'.repeat(200) })
    journal.append('app', {
      outputs: [{ topic: 'first', partition: 0, records: [record] }],
      acknowledgements: [],
      changes: [],
    })
    journal.append('app', {
      outputs: [{ topic: 'second', partition: 0, records: [record.copy({ hop: 1 })] }],
      acknowledgements: [{ topic: 'first', partition: 0, watermark: number + 1, above: [] }],
      changes: [{ store: 's', partition: 0, key: 'done', value: String(number) }],
    })
    await journal.synced()
  }
  await journal.close()
  return disk.remount()
}

/** A bit of the data of the n-th record in `first`: where it lies, and its segment. */
async function placeOfRecord(disk: SimDisk, number: number): Promise<{ readonly path: string; readonly bit: number }> {
  for (const { path } of disk.files().filter((file) => file.path.endsWith('.seg'))) {
    const at = Buffer.from(disk.contents(path)).indexOf(`"number":${number},`)
    if (at !== -1) return { path, bit: at * 8 }
  }
  return assert.fail(`record ${number} is not there`)
}

async function read(
  journal: Journal,
  topic: string,
): Promise<readonly { readonly offset: number; readonly data: unknown }[]> {
  const found: Record[] = []
  for (let next = 0; ; next = found.at(-1)!.offset + 1) {
    const records = await journal.read(topic, 0, next, { recordsMax: 1000, bytesMax: 1_000_000 })
    if (records.length === 0) return found.map(({ offset, data }) => ({ offset, data }))
    found.push(...records)
  }
}

test('verify finds a whole journal whole, and changes nothing', async () => {
  const disk = await journalOnDisk()
  const files = (): unknown => disk.files().map(({ path }) => [path, Buffer.from(disk.contents(path)).toString('hex')])
  const before = files()
  const progress: number[] = []

  const report = await verifyJournal({
    dir: '/j',
    platform: platformOf(disk),
    progress: (done, total) => progress.push(done / total),
  })

  assert.deepEqual(report.damages, [])
  assert.deepEqual(report.indexes, [])
  assert.equal(report.tail, undefined)
  assert.equal(report.entries, 120)
  assert.ok(report.segments > 3)
  assert.equal(progress.at(-1), 1)
  assert.deepEqual(files(), before)
})

test('verify and salvage take a gap between segments for what it is: segments that were given up', async () => {
  const disk = new SimDisk()
  const journal = await open(disk)
  journal.createTopics([
    { name: 'first', partitions: 1, retention: {} },
    { name: 'gone', partitions: 1, retention: { timeMs: 0 } },
  ])
  for (let number = 0; number < 60; number++) {
    const records = [recordOf(number, { number, text: 'x'.repeat(200) })]
    const topic = number < 20 ? 'first' : 'gone'
    journal.append('app', { outputs: [{ topic, partition: 0, records }], acknowledgements: [], changes: [] })
    await journal.synced()
  }
  await journal.housekeep()
  const bases = journal.segments().map(({ base, bytes }) => ({ base, end: base + bytes }))
  await journal.close()
  assert.ok(
    bases.some(({ base }, index) => index > 0 && base > bases[index - 1]!.end),
    'there is a gap',
  )

  const report = await verifyJournal({ dir: '/j', platform: platformOf(disk.remount()) })
  const salvaged = await salvageJournal({ dir: '/j', to: '/saved', platform: platformOf(disk.remount()) })

  assert.deepEqual(report.damages, [])
  assert.deepEqual(salvaged.damages, [])
})

test('verify tells a torn tail from damage', async () => {
  const disk = await journalOnDisk()
  const { path } = disk.files().findLast((file) => file.path.endsWith('.seg'))!
  disk.replace(path, Buffer.concat([disk.contents(path), Buffer.from('torn')]))

  const report = await verifyJournal({ dir: '/j', platform: platformOf(disk) })

  assert.deepEqual(report.damages, [])
  assert.deepEqual([report.tail?.file, report.tail?.bytes], [path, 4])
})

test('verify names the place of damage and the offsets that went with it', async () => {
  const disk = await journalOnDisk()
  const { path, bit } = await placeOfRecord(disk, 20)
  disk.flipBit(path, bit)

  const { damages } = await verifyJournal({ dir: '/j', platform: platformOf(disk) })

  assert.deepEqual(damages[0]?.lost, [{ topic: 'first', partition: 0, from: 20, to: 21 }])
  assert.equal(damages[0]?.file, path)
  assert.ok(damages[0].offset * 8 <= bit && bit < (damages[0].offset + damages[0].bytes) * 8)
  assert.match(damages[1]!.detail, /its data lay in the frame/)
})

test('verify sees every bit that is turned over in a segment that was sealed', async () => {
  const disk = await journalOnDisk()
  const { path } = disk.files().find((file) => file.path.endsWith('.seg'))!
  const random = new SeededRandom(9)
  const bits = disk.contents(path).length * 8
  for (let flip = 0; flip < 150; flip++) {
    const bit = random.below(bits)
    disk.flipBit(path, bit)
    const { damages } = await verifyJournal({ dir: '/j', platform: platformOf(disk) }).catch(
      (error: { code: string }) => ({ damages: [error.code] }),
    )
    assert.ok(damages.length > 0, `seed 9, bit ${bit} of ${path}`)
    disk.flipBit(path, bit)
  }
})

test('verify sees a segment that is missing, and one that is cut at the end of a frame', async () => {
  const disk = await journalOnDisk()
  const [, second, third] = disk.files().filter((file) => file.path.endsWith('.seg'))
  const lines: DumpLine[] = []
  await dumpJournal({ dir: '/j', platform: platformOf(disk) }, (line) => void lines.push(line))
  const last = lines.findLast((line) => line.file === third!.path)!
  disk.replace(third!.path, disk.contents(third!.path).subarray(0, last.offset))
  await disk.unlink(second!.path)

  const { damages } = await verifyJournal({ dir: '/j', platform: platformOf(disk) })

  assert.deepEqual(
    damages.slice(0, 2).map(({ file, detail }) => [file, detail]),
    [
      [second!.path, 'missing'],
      [third!.path, 'cut short'],
    ],
  )
  assert.ok(damages[0]!.lost.length > 0)
})

test('dump waits for whoever takes its lines, damage too', async () => {
  const disk = await journalOnDisk()
  const { path, bit } = await placeOfRecord(disk, 20)
  disk.flipBit(path, bit)
  await disk.unlink(disk.files().find((file) => file.path.endsWith('.seg') && file.path > path)!.path)
  const kinds: string[] = []
  let isBusy = false

  await dumpJournal({ dir: '/j', platform: platformOf(disk) }, async ({ kind }) => {
    assert.equal(isBusy, false)
    isBusy = true
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
    isBusy = false
    kinds.push(kind)
  })

  assert.equal(isBusy, false)
  assert.ok(kinds.includes('damage') && kinds.includes('unit'))
})

test('verify names an index that does not fit its segment', async () => {
  const disk = await journalOnDisk()
  const [first, second] = disk.files().filter((file) => file.path.endsWith('.idx'))
  disk.flipBit(first!.path, 300)
  await disk.unlink(second!.path)

  const { indexes, damages } = await verifyJournal({ dir: '/j', platform: platformOf(disk) })

  assert.deepEqual(indexes, [first!.path, second!.path])
  assert.deepEqual(damages, [])
})

test('the tools refuse a folder without a journal, and a journal that is open', async () => {
  const disk = await journalOnDisk()
  const platform = platformOf(disk)
  await assert.rejects(verifyJournal({ dir: '/none', platform }), { code: 'MB_JOURNAL_MISSING' })
  await disk.mkdir('/empty')
  await assert.rejects(
    dumpJournal({ dir: '/empty', platform }, () => undefined),
    { code: 'MB_JOURNAL_MISSING' },
  )
  const journal = await open(disk)

  await assert.rejects(salvageJournal({ dir: '/j', to: '/s', platform }), { code: 'MB_JOURNAL_LOCKED' })
  await journal.close()
  await assert.rejects(salvageJournal({ dir: '/j', to: '/j', platform }), { code: 'MB_SALVAGE_TARGET' })
})

test('dump shows every frame by name', async () => {
  const disk = await journalOnDisk()
  const lines: DumpLine[] = []

  await dumpJournal({ dir: '/j', platform: platformOf(disk), data: true }, (line) => void lines.push(line))

  const units = lines.filter((line): line is DumpedFrame => line.kind === 'unit')
  assert.deepEqual(new Set(lines.map(({ kind }) => kind)), new Set(['state', 'catalog', 'unit', 'seal']))
  const second = units.find(({ entries }) => entries!.some(({ topic, offset }) => topic === 'second' && offset === 3))!
  assert.deepEqual(second.group, 'app')
  assert.deepEqual(second.acknowledgements, [{ topic: 'first', partition: 0, watermark: 4, above: [] }])
  assert.deepEqual(second.changes, [{ store: 's', partition: 0, key: 'done', value: '3' }])
  const [first] = units.find(({ entries }) =>
    entries!.some(({ topic, offset }) => topic === 'first' && offset === 3),
  )!.entries!
  assert.deepEqual(
    [first!.ride, first!.key, first!.data],
    ['ride-3', 'k3', JSON.stringify({ number: 3, text: 'x'.repeat(200) })],
  )
})

test('salvage copies all of a whole journal: records, offsets, times, positions, rows', async () => {
  const disk = await journalOnDisk()

  const report = await salvageJournal({ dir: '/j', to: '/s', platform: platformOf(disk) })

  assert.deepEqual([report.entries, report.damages, report.lostData, report.tail], [120, [], [], undefined])
  const [before, after] = [await open(disk), await open(disk, '/s')]
  for (const topic of ['first', 'second']) assert.deepEqual(await read(after, topic), await read(before, topic))
  assert.deepEqual(after.positions('app'), before.positions('app'))
  assert.deepEqual([...after.rows('app', 's', 0)], [...before.rows('app', 's', 0)])
  assert.deepEqual(
    (await after.ride('ride-7')).map(({ topic }) => topic),
    ['first', 'second'],
  )
  const next = recordOf(60, 'next')
  after.append('app', {
    outputs: [{ topic: 'first', partition: 0, records: [next] }],
    acknowledgements: [],
    changes: [],
  })
  assert.equal(next.offset, 60)
})

test('salvage saves what is whole, and lists the offsets that are not', async () => {
  const disk = await journalOnDisk()
  const { path, bit } = await placeOfRecord(disk, 20)
  disk.flipBit(path, bit)

  const report = await salvageJournal({ dir: '/j', to: '/s', platform: platformOf(disk) })

  assert.deepEqual(
    report.damages.map(({ lost }) => lost),
    [[{ topic: 'first', partition: 0, from: 20, to: 21 }]],
  )
  assert.deepEqual(report.lostData, [{ topic: 'second', partition: 0, offset: 20 }])
  const salvaged = await open(disk, '/s')
  const expected = Array.from({ length: 60 }, (_, number) => number).filter((number) => number !== 20)
  for (const topic of ['first', 'second'])
    assert.deepEqual(
      (await read(salvaged, topic)).map(({ offset }) => offset),
      expected,
    )
  assert.equal(salvaged.positions('app')[0]!.watermark, 60)
  await salvaged.close()
  assert.deepEqual((await verifyJournal({ dir: '/s', platform: platformOf(disk) })).damages, [])
})

test('salvage saves something of any journal, wherever its bits are turned over', async () => {
  const random = new SeededRandom(10)
  const whole = await journalOnDisk()
  const segments = whole.files().filter((file) => file.path.endsWith('.seg'))
  for (let round = 0; round < 40; round++) {
    const disk = whole.remount()
    for (let flip = 0; flip < 5; flip++) {
      const { path, size } = random.pick(segments)
      disk.flipBit(path, 16 * 8 + random.below((size - 16) * 8))
    }
    const report = await salvageJournal({ dir: '/j', to: '/s', platform: platformOf(disk) })
    const salvaged = await open(disk, '/s')
    const kept = await read(salvaged, 'first')
    const lost = new Set(
      report.damages.flatMap((damage) =>
        damage.lost.flatMap(({ topic, from, to }) =>
          topic === 'first' ? Array.from({ length: to - from }, (_, index) => from + index) : [],
        ),
      ),
    )
    for (const { offset, data } of kept)
      assert.deepEqual(data, { number: offset, text: 'x'.repeat(200) }, `seed 10, round ${round}`)
    const end = salvaged.topics().find(({ name }) => name === 'first')!.partitions[0]!.end
    for (let offset = 0; offset < end; offset++)
      assert.ok(
        kept.some((record) => record.offset === offset) || lost.has(offset),
        `seed 10, round ${round}: ${offset} is neither kept nor listed`,
      )
    await salvaged.close()
  }
})
