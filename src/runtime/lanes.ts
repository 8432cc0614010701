/**
 * Which lanes this member has: made when both their partitions (input and parking) are assigned, opened when their park table is loaded and what an owner before may have
 * died of is dealt with, closed when either is revoked, and made anew when a unit of theirs was refused.
 *
 * Invariants:
 * - A1 A lane is open only after its park table was loaded under the present assignment.
 * - A2 A closed lane never acknowledges anything: its attempts are discarded when they answer.
 */
import type { Assignment, TopicPartition } from '../bus/bus.ts'
import { MetrobusError } from '../errors/index.ts'
import type { Engine } from './engine.ts'
import { Feed } from './feed.ts'
import type { Isolation } from './isolation.ts'
import { Lane } from './lane.ts'
import type { StopRuntime } from './stop-runtime.ts'
import { takeOver } from './take-over.ts'
import { handOver, Tenure } from './tenure.ts'

interface Place {
  readonly stop: StopRuntime
  readonly isParking: boolean
}

export class Lanes {
  readonly #engine: Engine
  readonly #places: Map<string, Place[]> = new Map()
  readonly #dead: Map<string, StopRuntime> = new Map()
  readonly #assignments: Map<string, Assignment> = new Map()
  readonly #refused: Lane[] = []
  readonly #isolation: Isolation
  #hasBegun = false
  #isBeginning = false

  constructor(isolation: Isolation) {
    this.#isolation = isolation
    const { engine } = isolation
    this.#engine = engine
    for (const stop of engine.everyStop()) {
      this.#place(stop.topics.input, { stop, isParking: false })
      this.#place(stop.topics.parking, { stop, isParking: true })
      this.#dead.set(stop.topics.dead, stop)
    }
  }

  assigned(assignments: readonly Assignment[]): void {
    const stops = new Map<StopRuntime, Set<number>>()
    for (const assignment of assignments) {
      this.#assignments.set(`${assignment.topic}/${assignment.partition}`, assignment)
      const dead = this.#dead.get(assignment.topic)
      if (dead !== undefined) dead.deadFeeds[assignment.partition] = new Feed(false, assignment)
      for (const { stop } of this.#places.get(assignment.topic) ?? []) {
        const partitions = stops.get(stop) ?? new Set()
        stops.set(stop, partitions.add(assignment.partition))
      }
    }
    for (const [stop, partitions] of stops) for (const partition of partitions) this.#make(stop, partition)
    this.goOn()
  }

  revoked(partitions: readonly TopicPartition[]): void {
    const over: Tenure[] = []
    for (const { topic, partition } of partitions) {
      this.#assignments.delete(`${topic}/${partition}`)
      const dead = this.#dead.get(topic)
      if (dead !== undefined) dead.deadFeeds[partition] = undefined
      for (const { stop } of this.#places.get(topic) ?? []) {
        this.#close(stop, partition)
        this.#engine.stores?.release(stop, partition)
        const tenure = stop.tenures[partition]
        if (tenure === undefined) continue
        tenure.isOver = true
        stop.tenures[partition] = undefined
        over.push(tenure)
      }
    }
    // An app that has failed leaves what it had to a careful owner. A bus that has failed says so itself.
    if (this.#engine.failure === undefined) handOver(this.#engine.member, over).catch(() => {})
  }

  ready(topic: string, partition: number): void {
    const places = this.#places.get(topic)
    if (places === undefined) return
    for (let index = 0; index < places.length; index++) {
      const { stop, isParking } = places[index]!
      const lane = stop.lanes[partition]
      if (lane === undefined) continue
      if (isParking) lane.parked.isReady = true
      else lane.input.isReady = true
      if (lane.isReady) this.#engine.wake(lane)
    }
  }

  /** Loads the tables of the lanes that are not open yet. */
  async load(): Promise<void> {
    await Promise.all(
      [...this.#engine.lanes()].map(async (lane) => {
        if (lane.isOpen || lane.isLoaded) return
        const { member } = this.#engine
        const rows = await member.load(lane.stop.parkStore, lane.partition)
        const owners = await member.load(lane.stop.openStore, lane.partition)
        // Nobody would let go of the stores of a partition that is another's by now, and its next owner here would go on with what they held.
        if (lane.isClosed) return
        if (lane.stop.hasStores) lane.stores = await this.#engine.stores!.open(lane.stop, lane.partition)
        if (lane.isClosed || lane.isLoaded) return
        lane.isLoaded = true
        lane.tenure.load(owners)
        lane.parking.load(rows)
      }),
    )
  }

  /** Lets every lane begin, also those that are assigned meanwhile. */
  async begin(): Promise<void> {
    this.#hasBegun = true
    if (this.#isBeginning) return
    this.#isBeginning = true
    const engine = this.#engine
    for (;;) {
      await this.load()
      const tenures = new Set<Tenure>()
      for (const { tenure, isOpen, stop } of engine.lanes()) if (!isOpen && !stop.isPaused) tenures.add(tenure)
      if (tenures.size === 0) break
      await takeOver(
        this.#isolation,
        [...tenures].filter(({ hasBegun }) => !hasBegun),
      )
      if (engine.isDraining || engine.failure !== undefined) break
      this.#open()
    }
    this.#isBeginning = false
  }

  #open(): void {
    for (const lane of this.#engine.lanes()) {
      if (!lane.isLoaded || lane.isOpen || !lane.tenure.hasBegun) continue
      lane.isOpen = true
      this.#engine.wake(lane)
    }
  }

  /** Lets lanes begin that have come while the app runs, or were paused when it began. */
  goOn(): void {
    if (this.#hasBegun) this.begin().catch((error: unknown) => this.#failed(error))
  }

  /** An app that stops may be given partitions to the last, and its bus closes while they are loaded. */
  #failed(error: unknown): void {
    if (!this.#engine.isDraining) this.#engine.fail(error)
  }

  /** Closes a lane whose decisions are void. It is made anew when every unit on its way has ended. */
  refused({ stop: { mates }, partition }: Lane): void {
    // What a mate decides may rest on a change that is void.
    for (const mate of mates) {
      const lane = this.#laneOf(mate, partition)
      if (lane === undefined) continue
      this.#close(mate, partition)
      this.#refused.push(lane)
    }
  }

  /** Makes the refused lanes anew, from what is committed. */
  recovered(): void {
    const refused = this.#refused.splice(0).filter(({ stop, partition }) => this.#laneOf(stop, partition) === undefined)
    for (const { partition, input, parked } of refused)
      for (const { topic, committed } of [input, parked]) {
        const place = `${topic}/${partition}`
        const assignment = this.#assignments.get(place)
        if (assignment === undefined) continue
        this.#assignments.set(place, { ...assignment, ...committed })
        this.#engine.member.rewind(topic, partition, committed.watermark)
      }
    for (const { stop, partition } of refused) {
      this.#make(stop, partition)
      // What the bus answers again may be settled above the watermark already.
      const made = this.#laneOf(stop, partition)
      if (made !== undefined) made.input.isTracked = true
    }
    // Where events still run alone, all lanes wait for that.
    this.load().then(
      () => {
        this.#open()
        this.goOn()
      },
      (error: unknown) => this.#failed(error),
    )
    this.#engine.schedule()
  }

  pressed(reason: string | undefined): void {
    this.#engine.pressure = reason
    this.#engine.entries?.room.press(reason)
  }

  #place(topic: string, place: Place): void {
    const places = this.#places.get(topic)
    if (places === undefined) this.#places.set(topic, [place])
    else places.push(place)
  }

  /** Makes the lanes of a stop and of those that share a store with it, once all that they read is here. */
  #make(stop: StopRuntime, partition: number): void {
    const topics = stop.mates.flatMap(({ topics: { input, parking } }) => [input, parking])
    if (!topics.every((topic) => this.#assignments.has(`${topic}/${partition}`))) return
    for (const mate of stop.mates) this.#makeOne(mate, partition)
  }

  #makeOne(stop: StopRuntime, partition: number): void {
    const input = this.#assignments.get(`${stop.topics.input}/${partition}`)
    const parked = this.#assignments.get(`${stop.topics.parking}/${partition}`)
    if (input === undefined || parked === undefined || stop.lanes[partition] !== undefined) return
    const feeds = [new Feed(false, input), new Feed(true, parked)] as const
    const tenure = (stop.tenures[partition] ??= new Tenure(stop, input))
    if (tenure.isCareful) for (const feed of feeds) feed.limit = feed.next
    stop.lanes[partition] = new Lane(this.#engine, tenure, ...feeds)
  }

  #laneOf(stop: StopRuntime, partition: number): Lane | undefined {
    return stop.lanes[partition]
  }

  #close(stop: StopRuntime, partition: number): void {
    const lane = stop.lanes[partition]
    if (lane === undefined) return
    lane.isClosed = true
    stop.lanes[partition] = undefined
    stop.precedence?.forget(lane)
    lane.drain()
    for (const state of lane.keys.values()) if (state.row !== undefined) stop.counters.parkedKeys--
    for (const attempt of lane.running.list())
      attempt.abort(new MetrobusError('MB_REVOKED', { stop: stop.name, partition }))
    // An event that was to run alone may have been among what has not begun.
    this.#engine.schedule()
  }
}
