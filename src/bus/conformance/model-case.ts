/**
 * One case that mixes every call of a member at random and holds each answer against a model of a log: arrays, and a set of what was settled.
 * The fixture's seed decides the mixture, so that an adapter can run it with many.
 */
import assert from 'node:assert/strict'
import type { CommitUnit } from '../../event/unit.ts'
import type { Random } from '../../internal/platform/platform.ts'
import type { Bus } from '../bus.ts'
import { Probe, openBus, output, record, ridesOf } from './fixture.ts'
import type { BusCase, BusFixture } from './fixture.ts'

const topic = 'in'
const partitions = 4
const steps = 250

/** What should be in a partition. The case counts records; where each is, the bus decides. */
class ModelPartition {
  readonly rides: string[] = []
  /** Of each record, once somebody has seen it. */
  readonly #offsets: number[] = []

  /** The record of this number was seen; it is always found at the same place. */
  seen(count: number, offset: number): void {
    assert.equal(offset, this.#offsets[count] ?? offset, 'at its offset')
    assert.ok(count === 0 || offset > (this.#offsets[count - 1] ?? -1), 'behind the one before')
    this.#offsets[count] = offset
  }

  /** The offset behind the first `count` records. */
  behind(count: number): number {
    return count === 0 ? 0 : this.#offsets[count - 1]! + 1
  }

  /** Ranges of counts as ranges of offsets. */
  ranges(counts: readonly number[]): number[] {
    return counts.map((count, index) => (index % 2 === 0 ? this.#offsets[count]! : this.behind(count)))
  }
}

/** Where a group should be in a partition. */
class ModelPlace {
  readonly isAhead: boolean
  readonly settled: Set<number> = new Set()
  /** What was settled when the partition was given to the group. */
  skipped: ReadonlySet<number> = new Set()
  position = 0

  constructor(isAhead: boolean) {
    this.isAhead = isAhead
  }

  get watermark(): number {
    let offset = 0
    while (this.settled.has(offset)) offset++
    return offset
  }

  get above(): number[] {
    const above: number[] = []
    const { watermark } = this
    for (const offset of [...this.settled].toSorted((one, other) => one - other)) {
      if (offset < watermark) continue
      if (above.at(-1) === offset) above[above.length - 1] = offset + 1
      else above.push(offset, offset + 1)
    }
    return above
  }

  assign(): void {
    this.skipped = new Set(this.settled)
    this.position = 0
  }

  /** The offsets from the position on that are not skipped, up to `end`. */
  ahead(end: number): number[] {
    const offsets: number[] = []
    for (let offset = this.position; offset < end; offset++) if (!this.skipped.has(offset)) offsets.push(offset)
    return offsets
  }
}

interface ModelGroup {
  readonly name: string
  probe: Probe
  readonly places: readonly ModelPlace[]
}

class Mixture {
  readonly #fixture: BusFixture
  readonly #random: Random
  readonly #bus: Bus
  readonly #log = Array.from({ length: partitions }, () => new ModelPartition())
  readonly #groups: ModelGroup[] = []
  readonly #pending = new Set<Promise<unknown>>()
  #rides = 0

  constructor(fixture: BusFixture, bus: Bus) {
    this.#fixture = fixture
    this.#random = fixture.platform.random
    this.#bus = bus
  }

  async run(): Promise<void> {
    for (const name of ['one', 'two']) {
      const probe = await Probe.join(this.#fixture, this.#bus, name, { topic })
      this.#groups.push({
        name,
        probe,
        places: Array.from({ length: partitions }, (_, partition) => new ModelPlace(partition % 2 === 0)),
      })
    }
    for (let step = 0; step < steps; step++) await this.#step()
    await this.#rest()
    await this.#drain()
  }

  async #step(): Promise<void> {
    const draw = this.#random.next()
    if (draw < 0.3) this.#append()
    else if (draw < 0.65) this.#poll()
    else if (draw < 0.8) this.#settle()
    else if (draw < 0.85) this.#rewind()
    else if (draw < 0.88) await this.#rejoin()
    else await this.#pass()
  }

  #below(bound: number): number {
    return Math.floor(this.#random.next() * bound)
  }

  get #group(): ModelGroup {
    return this.#groups[this.#below(this.#groups.length)]!
  }

  /** Hands over a unit that the case waits for later. */
  #hand(group: ModelGroup, unit: CommitUnit, durable: () => void): void {
    const settled = group.probe.member.settle(unit).then((ended) => {
      assert.equal(ended, 'committed')
      durable()
      this.#pending.delete(settled)
    })
    this.#pending.add(settled)
  }

  /** Of several members nobody promises who comes first, so each partition is written by one. */
  #append(): void {
    const partition = this.#below(partitions)
    const log = this.#log[partition]!
    const first = log.rides.length
    const made = Array.from({ length: 1 + this.#below(40) }, () =>
      record(`r${this.#rides++}`, 'x'.repeat(this.#below(3) * this.#below(3000))),
    )
    log.rides.push(...ridesOf(made))
    const outputs = [output(topic, made, partition)]
    this.#hand(this.#groups[partition % 2]!, { outputs, acknowledgements: [], changes: [] }, () => {
      for (const [index, { offset }] of made.entries()) log.seen(first + index, offset)
    })
  }

  #poll(): void {
    const { probe, places } = this.#group
    const partition = this.#below(partitions)
    const place = places[partition]!
    const recordsMax = [1, 3, 16, 100][this.#below(4)]!
    const ahead = place.isAhead && this.#bus.capabilities.supportsRunAhead === true
    const polled = probe.poll(topic, { partition, recordsMax, ahead })
    const log = this.#log[partition]!
    // Who reads may hear of a unit a little sooner than who settled it, so that all that was handed over may be there.
    const due = place.ahead(log.rides.length)
    assert.ok(polled.length <= recordsMax, 'no more than asked for')
    assert.deepEqual(
      ridesOf(polled),
      due.slice(0, polled.length).map((count) => log.rides[count]),
      'the next records',
    )
    for (const [index, { offset }] of polled.entries()) log.seen(due[index]!, offset)
    if (polled.length > 0) place.position = due[polled.length - 1]! + 1
  }

  #settle(): void {
    const group = this.#group
    const partition = this.#below(partitions)
    const place = group.places[partition]!
    for (let offset = place.watermark; offset < place.position; offset++)
      if (this.#random.next() < 0.6) place.settled.add(offset)
    this.#hand(group, { outputs: [], acknowledgements: [this.#mark(partition, place)], changes: [] }, () => {})
  }

  #mark(partition: number, { watermark, above }: ModelPlace) {
    const log = this.#log[partition]!
    return { topic, partition, watermark: log.behind(watermark), above: log.ranges(above) }
  }

  #rewind(): void {
    const { probe, places } = this.#group
    const partition = this.#below(partitions)
    const place = places[partition]!
    place.position = this.#below(place.position + 1)
    probe.member.rewind(topic, partition, this.#log[partition]!.behind(place.position))
  }

  async #rejoin(): Promise<void> {
    await this.#rest()
    const group = this.#group
    await group.probe.ended(group.probe.member.leave())
    group.probe = await Probe.join(this.#fixture, this.#bus, group.name, { topic })
    for (const [partition, place] of group.places.entries()) {
      const { watermark, above } = group.probe.assignments.get(`${topic}/${partition}`)!
      assert.deepEqual({ topic, partition, watermark, above }, this.#mark(partition, place))
      place.assign()
    }
  }

  async #pass(): Promise<void> {
    let turns = this.#below(3)
    await this.#fixture.until(() => turns-- <= 0, 'time passes')
  }

  async #rest(): Promise<void> {
    await this.#fixture.until(() => this.#pending.size === 0, 'every unit ends')
  }

  /** Whoever polls only when told still gets everything. */
  async #drain(): Promise<void> {
    for (const { probe, places } of this.#groups) {
      for (const [partition, place] of places.entries()) {
        const log = this.#log[partition]!
        const due = place.ahead(log.rides.length)
        const taken = await probe.take(topic, due.length, { partition, recordsMax: 64, ahead: place.isAhead })
        assert.deepEqual(
          ridesOf(taken),
          due.map((count) => log.rides[count]),
        )
      }
    }
    for (const [partition, { rides }] of this.#log.entries())
      assert.deepEqual(ridesOf(await this.#bus.inspector.read(topic, partition, 0, rides.length + 1)), rides)
  }
}

export const modelCase: BusCase = {
  name: 'any mixture of calls agrees with a model of a log',
  promise: 'Everything that `bus.ts` says of poll, ready, settle, rewind and join.',
  async run(fixture) {
    const bus = await openBus(fixture, topic)
    await new Mixture(fixture, bus).run()
    await bus.close()
  },
}
