/**
 * Damage: bits turn over, bytes go missing, old bytes come back. Every flip is seen by opening, by reading or by verifying; no wrong byte is ever served; and
 * nothing that was committed is cut off or deleted by itself. `METROBUS_FLIPS` makes more of them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMetrobusError } from '../../src/errors/index.ts'
import { verifyJournal } from '../../src/journal/index.ts'
import type { Journal } from '../../src/journal/index.ts'
import { SeededRandom, SimDisk, VirtualClock, chooseSeed } from '../../src/testing/index.ts'
import { Trace, dir, openOn, shown } from './journal-trace.ts'

const flips = Number(process.env['METROBUS_FLIPS'] ?? 600)

/** A journal of some segments, closed. */
async function closedJournal(
  seed: number,
  options: { readonly segmentBytesMax?: number } = {},
): Promise<{ readonly trace: Trace; readonly disk: SimDisk }> {
  const trace = new Trace(seed)
  const disk = new SimDisk({ log: false })
  const journal = await openOn(disk, trace.clock, options)
  trace.createTopics(journal)
  for (let unit = 0; unit < 60; unit++) {
    trace.append(journal)
    if (unit % 3 === 0) await journal.synced()
  }
  await journal.close()
  return { trace, disk }
}

const segmentsOf = (disk: SimDisk): readonly string[] =>
  disk.files().flatMap(({ path }) => (path.endsWith('.seg') ? [path] : []))

/** What stands in every partition, record by record; undefined where damage was met instead. */
async function served(journal: Journal): Promise<ReadonlyMap<string, string> | undefined> {
  const found = new Map<string, string>()
  let isDamaged = false
  for (const { name, partitions } of journal.topics()) {
    if (name === 'gone') continue
    for (const { partition, end } of partitions)
      for (let offset = 0; offset < end; offset++) {
        try {
          const [record] = await journal.read(name, partition, offset, { recordsMax: 1, bytesMax: 1 })
          if (record !== undefined)
            found.set(`${name}/${partition}/${record.offset}`, JSON.stringify([record.ride, record.key, record.data]))
        } catch (error) {
          if (!isMetrobusError(error, 'MB_JOURNAL_CORRUPT')) throw error
          isDamaged = true
        }
      }
  }
  return isDamaged ? new Map([...found, ['damaged', '']]) : found
}

/** What opening, reading and verifying make of a damaged disk: 'refused', 'seen' or 'healed', or undefined when nobody noticed. */
async function verdictOn(
  disk: SimDisk,
  clock: VirtualClock,
  expected: ReadonlyMap<string, string>,
): Promise<string | undefined> {
  const platform = { clock, random: new SeededRandom(1), disk: disk.remount({ log: false }) }
  const report = await verifyJournal({ dir, platform }).catch((error: unknown) => error)
  if (!isMetrobusError(report) && report instanceof Error) throw report
  const isVerified = isMetrobusError(report) || (report as Awaited<ReturnType<typeof verifyJournal>>).damages.length > 0
  let journal: Journal
  try {
    journal = await openOn(platform.disk, clock)
  } catch (error) {
    assert.ok(isMetrobusError(error, 'MB_JOURNAL_CORRUPT') || isMetrobusError(error, 'MB_JOURNAL_NEWER'), String(error))
    return 'refused'
  }
  const found = (await served(journal))!
  for (const [place, record] of found)
    if (place !== 'damaged') assert.equal(record, expected.get(place), `wrong bytes served at ${place}`)
  const isWhole = [...expected.keys()].every((place) => found.has(place))
  const { cutBytes, indexesRebuilt } = journal.opened
  await journal.close()
  assert.ok(isWhole || found.has('damaged') || cutBytes > 0, 'records are gone and nobody said so')
  if (isVerified || found.has('damaged')) return 'seen'
  return cutBytes > 0 ? 'cut' : isWhole && indexesRebuilt > 0 ? 'healed' : undefined
}

test('sees every bit that turns over, serves no wrong byte, and cuts off nothing that has a witness', async (t) => {
  const { trace, disk } = await closedJournal(31)
  const whole = await openOn(disk.remount({ log: false }), trace.clock)
  const expected = (await served(whole))!
  await whole.close()
  const random = new SeededRandom(chooseSeed())
  const verdicts = new Map<string, number>()
  const files = disk.files().filter(({ path, size }) => size > 0 && /\.(seg|idx)$|checkpoint$/.test(path))
  for (let flip = 0; flip < flips; flip++) {
    const { path, size } = random.pick(files)
    const bit = random.below(size * 8)
    const damaged = new SimDisk({ log: false }, disk.state.copy())
    damaged.flipBit(path, bit)
    const at = `seed ${random.seed}, bit ${bit} of ${path}`
    try {
      const verdict = await verdictOn(damaged, trace.clock, expected)
      verdicts.set(String(verdict), (verdicts.get(String(verdict)) ?? 0) + 1)
      // The padding of an index and the witness of the checkpoint hold nothing that is served.
      if (path.endsWith('.seg')) assert.ok(verdict !== undefined, 'nobody noticed')
    } catch (error) {
      throw new Error(at, { cause: error })
    }
  }
  t.diagnostic([...verdicts].map(([verdict, count]) => `${verdict} ${count}`).join(', '))
})

test('reads on behind a damaged frame: what is lost is one frame and what shares its data', async () => {
  const { trace, disk } = await closedJournal(32)
  const [first] = segmentsOf(disk)
  disk.flipBit(first!, 2500 * 8)
  const journal = await openOn(disk.remount(), trace.clock)
  const found = (await served(journal))!

  const ends = journal
    .topics()
    .filter(({ name }) => name !== 'gone')
    .flatMap(({ partitions }) => partitions.map(({ end }) => end))
  const total = ends.reduce((sum, end) => sum + end, 0)
  assert.ok(found.has('damaged'))
  assert.ok(found.size - 1 >= total - 6, `${found.size - 1} of ${total} records are left`)
  await journal.close()
})

for (const [what, damage] of [
  ['zeros', (bytes: Buffer) => bytes.fill(0, 1500, 1700)],
  ['older bytes of the same file', (bytes: Buffer) => bytes.copy(bytes, 2000, 1000, 1600)],
  ['a sector written to the wrong place', (bytes: Buffer) => bytes.copy(bytes, 1024, 2048, 2560)],
  ['a missing end', (bytes: Buffer) => bytes.subarray(0, bytes.length - 700)],
] as const)
  test(`refuses to open over ${what} below the witness, and touches nothing`, async () => {
    const { trace, disk } = await closedJournal(33, { segmentBytesMax: 65_536 })
    const last = segmentsOf(disk).at(-1)!
    const bytes = Buffer.from(disk.contents(last))
    assert.ok(bytes.length > 2700, `the last segment has ${bytes.length} bytes`)
    const changed = damage(bytes)
    disk.replace(last, Buffer.isBuffer(changed) ? changed : bytes)
    const damaged = disk.remount()
    const before = damaged.files().map(({ path }) => Buffer.from(damaged.contents(path)).toString('hex'))

    await assert.rejects(openOn(damaged, trace.clock), { code: 'MB_JOURNAL_CORRUPT' })

    assert.deepEqual(
      damaged.files().map(({ path }) => Buffer.from(damaged.contents(path)).toString('hex')),
      before,
    )
  })

test('takes no zeros for records, however many follow the end', async () => {
  const { trace, disk } = await closedJournal(34)
  const state = trace.steps.at(-1)!.state
  const last = segmentsOf(disk).at(-1)!
  const bytes = disk.contents(last)
  for (let zeros = 1; zeros <= 4096; zeros = zeros < 130 ? zeros + 1 : zeros + 97) {
    const padded = new SimDisk({}, disk.state.copy())
    padded.replace(last, Buffer.concat([bytes, Buffer.alloc(zeros)]))
    const journal = await openOn(padded, trace.clock)
    assert.equal(await shown(journal), state, `${zeros} zeros`)
    assert.deepEqual([journal.opened.cutBytes, journal.opened.cutFile], [zeros, undefined])
    await journal.close()
  }
})

test('does not take up stale frames that follow the end', async () => {
  const { trace, disk } = await closedJournal(35)
  const last = segmentsOf(disk).at(-1)!
  const append = (journal: Journal, key: string, value: string): number =>
    journal.append('group', {
      outputs: [],
      acknowledgements: [],
      changes: [{ store: 'store', partition: 0, key, value }],
    })
  const next = new SimDisk({}, disk.state.copy())
  // Frames of a life that a power cut took back: whole, in their place, and never acknowledged in this one.
  const journal = await openOn(disk, trace.clock)
  append(journal, 'stale', '1')
  append(journal, 'stale', '2')
  await journal.synced()
  const stale = disk.contents(last)
  const other = await openOn(next, new VirtualClock())
  append(other, 'fresh', '1')
  await other.synced()
  const fresh = next.contents(last)
  next.replace(last, Buffer.concat([fresh, stale.subarray(fresh.length)]))

  const again = await openOn(next.remount(), trace.clock)

  assert.ok(fresh.length < stale.length)
  assert.equal(again.rows('group', 'store', 0).get('fresh'), '1')
  assert.equal(again.rows('group', 'store', 0).get('stale'), undefined)
  assert.ok(again.opened.cutBytes > 0)
})
