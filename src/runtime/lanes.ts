/**
 * Which lanes this member has: made when both their partitions (input and parking) are assigned, opened when their park table is loaded, closed
 * when either is revoked, and made anew when a unit of theirs was refused.
 *
 * Invariants:
 * - A1 A lane is open only after its park table was loaded under the present assignment.
 * - A2 A closed lane never acknowledges anything: its attempts are discarded when they answer.
 */
import type { Assignment, TopicPartition } from '../bus/bus.ts'
import { MetrobusError } from '../errors/index.ts'
import type { Engine } from './engine.ts'
import { Feed } from './feed.ts'
import { Lane } from './lane.ts'
import type { StopRuntime } from './stop-runtime.ts'

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
  #isOpen = false

  constructor(engine: Engine) {
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
    if (this.#isOpen)
      void this.load().then(
        () => this.open(),
        (error: unknown) => this.#engine.fail(error),
      )
  }

  revoked(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      this.#assignments.delete(`${topic}/${partition}`)
      const dead = this.#dead.get(topic)
      if (dead !== undefined) dead.deadFeeds[partition] = undefined
      for (const { stop } of this.#places.get(topic) ?? []) {
        this.#close(stop, partition)
        this.#engine.stores?.release(stop, partition)
      }
    }
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

  /** Loads the park tables of the lanes that are not open yet. */
  async load(): Promise<void> {
    await Promise.all(
      [...this.#engine.lanes()].map(async (lane) => {
        if (lane.isOpen || lane.isLoaded) return
        const rows = await this.#engine.member.load(lane.stop.parkStore, lane.partition)
        if (lane.stop.hasStores) lane.stores = await this.#engine.stores!.open(lane.stop, lane.partition)
        if (lane.isClosed || lane.isLoaded) return
        lane.isLoaded = true
        lane.parking.load(rows)
      }),
    )
  }

  /** Lets every loaded lane begin. */
  open(): void {
    this.#isOpen = true
    let isMissing = false
    for (const lane of this.#engine.lanes()) {
      if (!lane.isLoaded) isMissing = true
      if (!lane.isLoaded || lane.isOpen) continue
      lane.isOpen = true
      this.#engine.wake(lane)
    }
    // Those were assigned while events ran alone.
    if (isMissing)
      void this.load().then(
        () => this.open(),
        (error: unknown) => this.#engine.fail(error),
      )
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
    void this.load().then(
      // A start that still runs events alone opens the lanes when it is through.
      () => this.#isOpen && this.open(),
      (error: unknown) => this.#engine.fail(error),
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
    if (this.#engine.isCareful) for (const feed of feeds) feed.limit = feed.next
    stop.lanes[partition] = new Lane(this.#engine, stop, partition, ...feeds)
  }

  #laneOf(stop: StopRuntime, partition: number): Lane | undefined {
    return stop.lanes[partition]
  }

  #close(stop: StopRuntime, partition: number): void {
    const lane = stop.lanes[partition]
    if (lane === undefined) return
    lane.isClosed = true
    stop.lanes[partition] = undefined
    stop.limiter?.forget((attempt) => attempt.lane === lane)
    stop.precedence?.forget(lane)
    // What was gathered gives back its places.
    lane.batch?.run()
    for (const state of lane.keys.values()) if (state.row !== undefined) stop.counters.parkedKeys--
    for (const attempt of lane.running.list())
      attempt.abort(new MetrobusError('MB_REVOKED', { stop: stop.name, partition }))
  }
}
