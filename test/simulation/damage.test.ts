/**
 * Damage: bits turn over, bytes go missing, old bytes come back. Every flip is seen by opening, by reading or by verifying; no wrong byte is ever served; and
 * nothing that was committed is cut off or deleted by itself. Rows J4, J5 and J10 of `npm run -s faults` make as many as are wanted.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Journal } from '../../src/journal/index.ts'
import { SeededRandom, SimDisk, VirtualClock, chooseSeed } from '../../src/testing/index.ts'
import { closedJournal, damagedCopy, segmentsOf, served, verdictOn, wholeJournal } from './damage.ts'
import { openOn, shown } from './journal-trace.ts'

const flips = 600

test('sees every bit that turns over, serves no wrong byte, and cuts off nothing that has a witness', async (t) => {
  const whole = await wholeJournal(31)
  const random = new SeededRandom(chooseSeed())
  const verdicts = new Map<string, number>()
  const files = whole.disk.files().filter(({ path, size }) => size > 0 && /\.(seg|idx)$|checkpoint$/.test(path))
  for (let flip = 0; flip < flips; flip++) {
    const { path, size } = random.pick(files)
    const bit = random.below(size * 8)
    try {
      const verdict = await verdictOn(
        damagedCopy(whole.disk, (disk) => disk.flipBit(path, bit)),
        whole,
      )
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
      // The padding of an index and the witness of the checkpoint hold nothing that is served.
      if (path.endsWith('.seg')) assert.notEqual(verdict, 'harmless', 'nobody noticed')
    } catch (error) {
      throw new Error(`seed ${random.seed}, bit ${bit} of ${path}`, { cause: error })
    }
  }
  t.diagnostic([...verdicts].map(([verdict, count]) => `${verdict} ${count}`).join(', '))
})

test('reads on behind a damaged frame: what is lost is one frame and what shares its data', async () => {
  const { trace, disk } = await closedJournal(32)
  const [first] = segmentsOf(disk)
  disk.flipBit(first!, 2500 * 8)
  const journal = await openOn(disk.remount(), trace.clock)
  const { records, isDamaged } = await served(journal)

  const ends = journal
    .topics()
    .filter(({ name }) => name !== 'gone')
    .flatMap(({ partitions }) => partitions.map(({ end }) => end))
  const total = ends.reduce((sum, end) => sum + end, 0)
  assert.ok(isDamaged)
  assert.ok(records.size >= total - 6, `${records.size} of ${total} records are left`)
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
    assert.deepEqual([journal.opened.cutBytes, journal.opened.cutFile], [0, undefined])
    await journal.close()
  }
})

/** Without the room that is set ahead while a journal is open. */
const withoutRoom = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1)

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
  const stale = withoutRoom(disk.contents(last))
  const other = await openOn(next, new VirtualClock())
  append(other, 'fresh', '1')
  await other.synced()
  const fresh = withoutRoom(next.contents(last))
  next.replace(last, Buffer.concat([fresh, stale.subarray(fresh.length)]))

  const again = await openOn(next.remount(), trace.clock)

  assert.ok(fresh.length < stale.length)
  assert.equal(again.rows('group', 'store', 0).get('fresh'), '1')
  assert.equal(again.rows('group', 'store', 0).get('stale'), undefined)
  assert.ok(again.opened.cutBytes > 0)
})
