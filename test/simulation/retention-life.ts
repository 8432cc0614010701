/**
 * A life of a journal that deletes: a topic kept by age that a group reads late, and one compacted by key, housekept again and again, with crashes inside or with a clock
 * that is set. The model knows what was appended and when, by the time that has truly passed.
 */
import assert from 'node:assert/strict'
import { tail } from '../../src/admin/tail.ts'
import { inspectorOf } from '../../src/bus/embedded/inspector.ts'
import { isMetrobusError } from '../../src/errors/index.ts'
import type { Journal } from '../../src/journal/index.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../src/testing/index.ts'
import { group, record, unit } from '../journal/kit.ts'
import { openOn, readAll } from './journal-trace.ts'

const minute = 60_000
const keptMs = 10 * minute
/** What housekeeping may be ahead of the time that has passed, each time that it runs. */
const slackMs = 5000
const steps = 40
const slowMs = 20

/** What goes wrong on the way. */
export interface RetentionFaults {
  /** The process dies while it housekeeps. */
  readonly crashes: boolean
  /** The wall clock is set, by at most a year either way, or to the end of 32 bits. */
  readonly jumps: boolean
}

interface Appended {
  readonly text: string
  /** Monotonic. */
  readonly at: number
}

/** Lives and judges, throwing where something was deleted that is to be kept, or came back. */
export async function liveWithRetention(seed: number, faults: RetentionFaults): Promise<void> {
  const life = new RetentionLife(seed, faults)
  await life.run()
}

class RetentionLife {
  readonly #random: SeededRandom
  readonly #faults: RetentionFaults
  readonly #clock: VirtualClock = new VirtualClock()
  /** Answers in later turns, as a disk does: what is not waited for has not happened yet. */
  #disk: SimDisk = new SimDisk({ log: false, clock: this.#clock })
  readonly #aged: Appended[] = []
  /** The newest value of each key, null once it is deleted. */
  readonly #keyed: Map<string, string | null> = new Map()
  #watermark = 0
  /** What the late reader reads next. */
  #late = 0
  #passes = 0

  constructor(seed: number, faults: RetentionFaults) {
    this.#random = new SeededRandom(seed)
    this.#faults = faults
  }

  async run(): Promise<void> {
    let journal = await openOn(this.#disk, this.#clock)
    journal.createTopics([
      { name: 'aged', partitions: 1, retention: { timeMs: keptMs } },
      { name: 'kept', partitions: 1, retention: {} },
      { name: 'keyed', partitions: 1, retention: { compact: true, timeMs: keptMs } },
    ])
    for (let step = 0; step < steps; step++) {
      this.#append(journal)
      await journal.synced()
      await this.#clock.advance(this.#random.below(3 * minute))
      if (this.#faults.jumps && this.#random.chance(0.3)) this.#clock.jump(this.#jump())
      if (this.#random.chance(0.4)) journal = await this.#housekeep(journal)
      // The pass of each minute, by itself.
      this.#passes += 4
      await this.#judge(journal)
    }
    await journal.close()
  }

  #append(journal: Journal): void {
    const random = this.#random
    // A segment that is mostly live is not cleaned: what it has of a key outlives newer entries.
    if (random.chance(0.2))
      journal.append(group, unit({ 'kept/0': [record(random.id(), 'x'.repeat(random.between(1000, 3500)))] }))
    for (let count = random.between(1, 6); count > 0; count--) {
      const text = `${this.#aged.length} ${'x'.repeat(random.below(300))}`
      journal.append(group, unit({ 'aged/0': [record(`a${this.#aged.length}`, text)] }))
      this.#aged.push({ text, at: this.#clock.monotonic() })
      const key = `k${random.below(8)}`
      const value = random.chance(0.3) ? null : `${key} ${random.id()}`
      journal.append(group, unit({ 'keyed/0': [record(random.id(), value, { key })] }))
      this.#keyed.set(key, value)
    }
    this.#watermark = Math.min(this.#aged.length, this.#watermark + random.below(8))
    const place = { topic: 'aged', partition: 0, watermark: this.#watermark, above: [] }
    journal.append(group, unit({}, [place]))
  }

  #jump(): number {
    const hour = 60 * minute
    const year = 365 * 24 * hour
    const end = 2 ** 31 * 1000 - this.#clock.now()
    return this.#random.pick([hour, -hour, year, -year, end, this.#random.below(hour)])
  }

  /** Gives space back; with crashes, the process dies at some call of it and another one takes over. */
  async #housekeep(journal: Journal): Promise<Journal> {
    this.#passes++
    if (!this.#faults.crashes || this.#random.chance(0.3)) {
      await journal.housekeep()
      return journal
    }
    const fatal = this.#disk.callCount() + this.#random.between(1, 40)
    // Where writes and syncs take long, names may be gone before what says so is written.
    const isSlow = this.#random.chance(0.5)
    this.#disk.fail(({ number, name }) => {
      if (number === fatal) return { halt: true }
      return isSlow && (name === 'write' || name === 'sync') ? { delayMs: slowMs } : undefined
    })
    void journal.housekeep()
    await this.#clock.advance(isSlow ? this.#random.below(10 * slowMs) : 0)
    const options = { log: false, clock: this.#clock }
    this.#disk = this.#random.chance(0.5) ? this.#disk.remount(options) : this.#disk.powerCut(options)
    return openOn(this.#disk, this.#clock)
  }

  /** A reader that is slower than what is written: it misses nothing without being told so. */
  async #readLate(journal: Journal, begin: number): Promise<void> {
    const inspector = inspectorOf(journal, () => false)
    const request = {
      topic: 'aged',
      partition: 0,
      from: { offset: this.#late },
      follow: false,
      countMax: this.#random.below(5),
    } as const
    try {
      for await (const { record } of tail(inspector, request, this.#clock, new AbortController().signal))
        assert.equal(record.offset, this.#late++, 'what a late reader is given next')
    } catch (error) {
      if (!isMetrobusError(error, 'MB_OFFSET_GONE')) throw error
      assert.ok(this.#late < begin, `a reader is told that ${this.#late} is gone, and ${begin} is kept`)
      assert.deepEqual(error.facts, { topic: 'aged', partition: 0, offset: this.#late, begin })
      this.#late = begin
    }
  }

  async #judge(journal: Journal): Promise<void> {
    const aged = await readAll(journal, 'aged', 0)
    const [first] = aged
    const begin = first?.offset ?? this.#aged.length
    await this.#readLate(journal, begin)
    for (const [index, { offset, data }] of aged.entries()) {
      assert.equal(offset, begin + index, 'an offset is missing among those that are kept')
      assert.equal(data, this.#aged[offset]!.text)
    }
    assert.equal(begin + aged.length, this.#aged.length, 'the newest are gone')
    assert.ok(
      begin <= this.#watermark,
      `offset ${begin - 1} is deleted, and the group has only settled ${this.#watermark}`,
    )
    const youngest = keptMs - this.#passes * slackMs
    const now = this.#clock.monotonic()
    const early = this.#aged.slice(0, begin).filter(({ at }) => now - at < youngest)
    assert.equal(early.length, 0, `deleted after ${early.map(({ at }) => Math.round(now - at)).join()} ms`)
    const newest = new Map<string, unknown>()
    for (const { key, data } of await readAll(journal, 'keyed', 0)) newest.set(key!, data)
    for (const [key, value] of this.#keyed) {
      const found = newest.get(key) ?? null
      assert.equal(found, value, value === null ? `${key} has come back` : `the newest of ${key} is gone`)
    }
  }
}
