/**
 * Judges the order of events at stops (I3) as handlers see it: at one stop, events of one key are handled in input-partition order, one at a time, and the next
 * starts when the outcome before it is decided; also when they were parked and came back another way.
 *
 * The order is that of the input topic. An event that was moved to the parking topic keeps its place: it is known from when it was read from the input.
 */
import type { TopicPartition } from '../../../src/bus/index.ts'
import type { Acknowledgement, CommitUnit } from '../../../src/event/unit.ts'
import { inside, placeOf } from './bus-model.ts'

interface PolledRecord {
  readonly id: string
  readonly replay: number
  readonly key: string | null
  readonly offset: number
}

/** An event as this life of a process knows it. */
interface Known {
  readonly name: string
  readonly key: string
  /** In the input topic; undefined for one that was never seen there. */
  inputOffset: number | undefined
  isDecided: boolean
}

interface Life {
  /** By stop and partition, then by event. */
  readonly known: Map<string, Map<string, Known>>
  /** The event that runs, by stop, partition and key. */
  readonly running: Map<string, string>
}

/** An event that stands in a parking topic, committed. */
interface Parked {
  readonly name: string
  readonly key: string
}

const parkedSuffix = '.parked'

/** Where a topic leads: `app.s0` and `app.s0.parked` both to `app.s0`. */
function laneOf({ topic, partition }: TopicPartition): string | undefined {
  const name = topic.endsWith(parkedSuffix) ? topic.slice(0, -parkedSuffix.length) : topic
  return /^app\d*\.b\d+-s\d+$/.test(name) ? `${name}/${partition}` : undefined
}

const isSettledBy = ({ watermark, above }: Acknowledgement): ((offset: number) => boolean) =>
  inside([watermark, ...above].join())

/** How many offsets a mark settles: of two marks of a place one settles all that the other does. */
const countOf = ({ watermark, above }: Acknowledgement): number =>
  above.reduce((count, bound, index) => count + (index % 2 === 0 ? -bound : bound), watermark)

const nameOf = ({ id, replay }: { readonly id: string; readonly replay: number }): string => `${id}#${replay}`
const keyOf = (record: Pick<PolledRecord, 'id' | 'replay' | 'key'>): string => record.key ?? `\0${nameOf(record)}`

export class OrderCheck<Process> {
  readonly #lives = new Map<Process, Life>()
  /** Input offsets, by lane and event. */
  readonly #offsets = new Map<string, number>()
  /** What stands in parking topics and is not settled, by place and offset. */
  readonly #parked = new Map<string, Map<number, Parked>>()

  /** What each place has settled, committed. */
  readonly #settled = new Map<string, Acknowledgement>()

  polled(process: Process, place: TopicPartition, records: readonly PolledRecord[]): void {
    const lane = laneOf(place)
    if (lane === undefined) return
    const known = this.#knownOf(process, lane)
    const isInput = !place.topic.endsWith(parkedSuffix)
    for (const record of records) {
      const name = nameOf(record)
      if (isInput) this.#offsets.set(`${lane} ${name}`, record.offset)
      const inputOffset = this.#offsets.get(`${lane} ${name}`)
      const before = known.get(name)
      if (before === undefined) known.set(name, { name, key: keyOf(record), inputOffset, isDecided: false })
      else before.inputOffset = inputOffset
    }
  }

  /** An event that runs alone is read past the poll: from the input at this offset, if it was not known before. */
  readAlone(process: Process, topic: string, partition: number, record: PolledRecord): void {
    const lane = `${topic}/${partition}`
    const name = nameOf(record)
    const known = this.#knownOf(process, lane)
    const inputOffset = this.#offsets.get(`${lane} ${name}`) ?? record.offset
    if (!known.has(name)) known.set(name, { name, key: keyOf(record), inputOffset, isDecided: false })
  }

  /** An event was given up, perhaps without having been handled. */
  givenUp(process: Process, topic: string, id: string): void {
    for (const [lane, known] of this.#life(process).known)
      if (lane.startsWith(`${topic}/`))
        for (const one of known.values()) if (one.name.startsWith(`${id}#`)) one.isDecided = true
  }

  rewound(process: Process, place: TopicPartition, offset: number): void {
    const lane = laneOf(place)
    if (lane === undefined || place.topic.endsWith(parkedSuffix)) return
    this.#forgetRunning(process, lane)
    const known = this.#knownOf(process, lane)
    for (const [name, { inputOffset }] of known) if ((inputOffset ?? -1) >= offset) known.delete(name)
  }

  revoked(process: Process, places: readonly TopicPartition[]): void {
    for (const place of places) {
      const lane = laneOf(place)
      if (lane === undefined) continue
      this.#life(process).known.delete(lane)
      this.#forgetRunning(process, lane)
    }
  }

  /** What runs when its lane goes away is aborted, and its outcome no longer counts; the event may begin again before the handler has noticed. */
  #forgetRunning(process: Process, lane: string): void {
    const { running } = this.#life(process)
    for (const place of running.keys()) if (place.startsWith(`${lane} `)) running.delete(place)
  }

  committed({ outputs, acknowledgements }: CommitUnit): void {
    for (const output of outputs) {
      const lane = laneOf(output)
      if (lane === undefined || !output.topic.endsWith(parkedSuffix)) continue
      const parked = this.#parkedOf(placeOf(output))
      for (const record of output.records) parked.set(record.offset, { name: nameOf(record), key: keyOf(record) })
    }
    for (const mark of acknowledgements) {
      // A unit of unknown fate is known to be committed behind later ones, and takes back nothing that they have settled.
      const before = this.#settled.get(placeOf(mark))
      if (before === undefined || countOf(before) < countOf(mark)) this.#settled.set(placeOf(mark), mark)
      this.#unpark(mark)
    }
  }

  /** A member is told what the owners before it have settled: also in a unit whose process died before it heard that it was committed. */
  assigned(marks: readonly Acknowledgement[]): void {
    for (const mark of marks) this.#unpark(mark)
  }

  #unpark(mark: Acknowledgement): void {
    const parked = this.#parked.get(placeOf(mark))
    if (parked === undefined) return
    const isSettled = isSettledBy(mark)
    for (const offset of parked.keys()) if (isSettled(offset)) parked.delete(offset)
  }

  /** A handler is given an event. Answers what is wrong with that, and how to tell that it has ended. */
  begins(
    process: Process,
    topic: string,
    partition: number,
    event: Pick<PolledRecord, 'id' | 'replay' | 'key'>,
  ): { readonly faults: readonly string[]; readonly ends: (isDecided: boolean) => void } {
    const lane = `${topic}/${partition}`
    const name = nameOf(event)
    const key = keyOf(event)
    const life = this.#life(process)
    const known = this.#knownOf(process, lane)
    const mine = known.get(name)
    const faults: string[] = []
    if (mine === undefined) faults.push(`I4 ${lane} is given ${name}, which it has not read`)
    const place = `${lane} ${key}`
    const running = life.running.get(place)
    if (running !== undefined) faults.push(`I3 ${place}: ${name} starts while ${running} runs`)
    life.running.set(place, name)
    const before = mine?.inputOffset
    if (before !== undefined) {
      for (const other of known.values())
        if (other.key === key && !other.isDecided && other !== mine && this.#isOlderAndOpen(lane, other, before))
          faults.push(`I3 ${place}: ${name} starts before ${other.name}, which is older, is decided`)
      for (const other of this.#parked.get(`${topic}${parkedSuffix}/${partition}`)?.values() ?? [])
        if (
          other.key === key &&
          other.name !== name &&
          !known.has(other.name) &&
          (this.#offsets.get(`${lane} ${other.name}`) ?? Infinity) < before
        )
          faults.push(`I3 ${place}: ${name} starts before ${other.name}, which is older and still parked`)
    }
    return {
      faults,
      ends: (isDecided) => {
        if (life.running.get(place) === name) life.running.delete(place)
        if (mine !== undefined) mine.isDecided = isDecided
      },
    }
  }

  #isOlderAndOpen(lane: string, { name, inputOffset }: Known, before: number): boolean {
    if (inputOffset === undefined || inputOffset >= before) return false
    const settled = this.#settled.get(lane)
    if (settled === undefined || !isSettledBy(settled)(inputOffset)) return true
    const slash = lane.lastIndexOf('/')
    const parking = `${lane.slice(0, slash)}${parkedSuffix}${lane.slice(slash)}`
    return [...(this.#parked.get(parking)?.values() ?? [])].some((parked) => parked.name === name)
  }

  #life(process: Process): Life {
    let life = this.#lives.get(process)
    if (life === undefined) this.#lives.set(process, (life = { known: new Map(), running: new Map() }))
    return life
  }

  #knownOf(process: Process, lane: string): Map<string, Known> {
    const { known } = this.#life(process)
    let found = known.get(lane)
    if (found === undefined) known.set(lane, (found = new Map()))
    return found
  }

  #parkedOf(place: string): Map<number, Parked> {
    let found = this.#parked.get(place)
    if (found === undefined) this.#parked.set(place, (found = new Map()))
    return found
  }
}
