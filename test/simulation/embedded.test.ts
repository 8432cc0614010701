/**
 * A whole app on the embedded bus and a simulated disk: the process dies, the power is cut, the disk fills up, at moments that a seed picks; and
 * again after each start. Judged in the end: what was acknowledged is there, nothing is doubled in any topic, and the order of a key is kept.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { embedded, inspectEmbedded } from '../../src/bus/embedded/index.ts'
import { silentLog } from '../../src/internal/log.ts'
import type { RunningApp } from '../../src/runtime/running.ts'
import { startApp } from '../../src/runtime/start.ts'
import { chooseSeed, crashImages, SeededRandom, SimDisk, VirtualClock } from '../../src/testing/index.ts'
import { entryOf, lineOf, stopOf, type Handler } from '../runtime/harness.ts'

interface Item {
  readonly id: string
  readonly key: string
  readonly n: number
}

const KiB = 1024
const events = 240
const keys = 6
const deaths = 5
const topics = ['app.pure', 'app.flaky', 'app.keep', 'app.ended']

/** One life of the process, and what of the driver outlives it. */
class Simulation {
  readonly #random: SeededRandom
  #clock = new VirtualClock()
  #disk = new SimDisk({ clock: this.#clock })
  /** Sent next; everything below that is not in `#acknowledged` is sent again by the next life. */
  #next = 0
  readonly #acknowledged = new Set<number>()
  /** What the last stop was given, in order, over all lives. */
  readonly kept: Item[] = []
  #calm = false

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
  }

  async run(): Promise<void> {
    for (let death = 0; death < deaths; death++) {
      const app = await this.#start()
      await this.#live(app)
      this.#die()
      await this.#judgeEffects()
    }
    this.#calm = true
    const app = await this.#start()
    this.#send(app, events)
    await this.#until(() => this.#acknowledged.size === events, 'every event is acknowledged')
    await this.#ended(app.caughtUp(), 'the app has caught up')
    await this.#judge(app)
    await this.#ended(app.stop(), 'the app has stopped')
  }

  #start(): Promise<RunningApp> {
    const flaky: Handler = (item: Item) => {
      if (!this.#calm && this.#random.chance(0.1)) throw new Error('no luck')
      return item
    }
    const keep: Handler = (item: Item) => void this.kept.push(item)
    const policy = { attempts: 1_000, backoffFirstMs: 5, backoffMaxMs: 50 }
    const stops = [
      stopOf('pure', (item: Item) => ({ ...item }), { hasEffects: false }),
      stopOf('flaky', flaky, { policy }),
      stopOf('keep', keep, { outSchema: undefined }),
    ]
    const bus = embedded({
      dir: '/data',
      partitions: 2,
      segmentBytes: 64 * KiB,
      cacheBytesMax: 64 * KiB,
      reserveBytes: 16 * KiB,
    })
    const platform = { clock: this.#clock, random: this.#random.fork(), disk: this.#disk }
    const definition = {
      name: 'app',
      publishes: [],
      codeVersion: 'test',
      entries: [entryOf('in', lineOf('main', ...stops), { dedupe: { countMax: 1_000, timeMs: 3_600_000 } })],
    }
    return this.#ended(
      startApp(definition, { bus, platform, log: silentLog, socket: false, blockedAfter: 0 }),
      'the app has started',
    )
  }

  /** Sends for a while; the disk may be full for a part of it. */
  async #live(app: RunningApp): Promise<void> {
    // A disk that takes its time: whenever the process dies, something is on its way.
    this.#disk.fail(({ name }) =>
      name === 'write' || name === 'sync' ? { delayMs: this.#random.below(12) } : undefined,
    )
    const turns = this.#random.between(3, 25)
    for (let turn = 0; turn < turns; turn++) {
      if (this.#random.chance(0.15)) this.#disk.capacityBytes = this.#used + this.#random.between(0, 24) * KiB
      if (this.#random.chance(0.3)) this.#disk.capacityBytes = Infinity
      this.#send(app, Math.min(events, this.#next + this.#random.below(12)))
      await this.#clock.advance(this.#random.below(30))
    }
  }

  get #used(): number {
    return this.#disk.files().reduce((sum, { size }) => sum + size, 0)
  }

  /** Sends again what earlier lives left without an answer, in the same order, and goes on to `to`. */
  #send(app: RunningApp, to: number): void {
    for (; this.#next < to; this.#next++) {
      const n = this.#next
      if (this.#acknowledged.has(n)) continue
      const item: Item = { id: `e${n}`, key: `k${n % keys}`, n }
      app.send('in', { ...item, pad: 'x'.repeat(this.#random.below(400)) }, { id: item.id }).then(
        () => this.#acknowledged.add(n),
        () => {},
      )
    }
  }

  /** A kill keeps what was written; a power cut keeps what was synced, and anything or nothing of the rest. */
  #die(): void {
    const before = this.#disk
    before.halt()
    this.#clock = new VirtualClock({ now: this.#clock.now() + this.#random.below(60_000) })
    if (this.#random.chance(0.4)) this.#disk = before.remount({ clock: this.#clock })
    else {
      const images = [
        ...crashImages(before, {
          from: Math.max(0, before.operations.length - 1),
          cutEvery: 50,
          seed: this.#random.below(1_000),
        }),
      ]
      const image =
        images.findLast(({ completed }) => completed === before.operations.length && this.#random.chance(0.4)) ??
        images.at(-1)
      this.#disk = image?.mount({ clock: this.#clock }) ?? before.remount({ clock: this.#clock })
    }
    this.#disk.capacityBytes = Infinity
    this.#next = 0
  }

  /** A stop with effects has seen nothing that the death could take back. */
  async #judgeEffects(): Promise<void> {
    const platform = { clock: this.#clock, random: this.#random.fork(), disk: this.#disk }
    const { inspector, close } = await this.#ended(inspectEmbedded('/data', platform), 'the journal is opened')
    const pages = [0, 1].map((partition) =>
      this.#ended(inspector.read('app.keep', partition, 0, 10_000), 'a topic is read'),
    )
    const found = new Set((await Promise.all(pages)).flat().map(({ ride }) => ride))
    for (const { id } of this.kept) assert.ok(found.has(id), `${id} was handled and then taken back`)
    await this.#ended(close(), 'the journal is closed')
  }

  async #judge(app: RunningApp): Promise<void> {
    for (const topic of topics) {
      const found: { readonly ride: string; readonly key: string | null }[] = []
      for (const partition of [0, 1]) {
        const records = await this.#ended(app.inspector.read(topic, partition, 0, 10_000), 'a topic is read')
        found.push(...records)
        for (const key of new Set(records.map((record) => record.key))) {
          const rides = records.filter((record) => record.key === key).map(({ ride }) => Number(ride.slice(1)))
          if (topic !== 'app.ended')
            assert.deepEqual(
              rides,
              rides.toSorted((one, other) => one - other),
              `order of ${key} in ${topic}`,
            )
        }
      }
      assert.equal(found.length, events, `${topic}: nothing lost or doubled`)
      assert.equal(new Set(found.map(({ ride }) => ride)).size, events, `${topic}: each ride once`)
    }
    const first = new Map(this.kept.toReversed().map((item) => [item.id, item]))
    assert.equal(first.size, events, 'every event was handled by the last stop')
    assert.equal((await this.#ended(app.deadLetters.list(), 'dead letters are listed')).length, 0)
  }

  async #until(isSo: () => boolean, what: string): Promise<void> {
    for (let waited = 0; !isSo(); waited += 10) {
      assert.ok(waited < 60_000, `in vain: ${what}`)
      await this.#clock.advance(10)
    }
  }

  async #ended<Value>(promise: Promise<Value>, what: string): Promise<Value> {
    let hasEnded = false
    const end = (): void => {
      hasEnded = true
    }
    promise.then(end, end)
    await this.#until(() => hasEnded, what)
    return promise
  }
}

test('an app that is killed, loses power and runs out of disk loses nothing and doubles nothing', async () => {
  const first = chooseSeed()
  for (let seed = first; seed < first + 20; seed++)
    await assert.doesNotReject(new Simulation(seed).run(), `METROBUS_SEED=${seed}`)
})
