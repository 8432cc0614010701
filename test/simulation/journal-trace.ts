/**
 * A short random life of a journal on a simulated disk, and a model of what must come of it. The model is a list of what was appended and knows
 * nothing of frames, segments or files: it shares no code with what it judges.
 */
import { noHeaders } from '../../src/event/event.ts'
import { Record } from '../../src/event/record.ts'
import type { CommitUnit } from '../../src/event/unit.ts'
import { openJournal } from '../../src/journal/index.ts'
import type { Journal, JournalOptions } from '../../src/journal/index.ts'
import { SeededRandom, VirtualClock } from '../../src/testing/index.ts'
import type { SimDisk } from '../../src/testing/index.ts'

export const dir = '/journal'
const group = 'group'
const partitions = 2
/** Kept for ever; what the model knows. `gone` is for cleaning to work on: it keeps nothing. */
const kept = ['first', 'second'] as const

/** Something that was appended: what all the kept topics, positions and rows come to after it. */
export interface Step {
  readonly state: string
  /** Operations of the disk that had been done when it was acknowledged; Infinity while it is not. */
  acknowledgedAt: number
}

interface Model {
  readonly topics: { [topic: string]: string[][] }
  readonly positions: { [place: string]: number }
  readonly rows: { [key: string]: string }
}

/** A journal on a disk, small segments, a clock that stands still. */
export function openOn(disk: SimDisk, clock: VirtualClock, options: Partial<JournalOptions> = {}): Promise<Journal> {
  const platform = { clock, random: new SeededRandom(1), disk }
  return openJournal({ dir, platform, segmentBytesMax: 4096, reserveBytes: 0, ...options })
}

/** What stands in a record, for comparing. */
const describe = ({ offset, ride, hop, key, data }: Record): string => JSON.stringify([offset, ride, hop, key, data])

/** A life of a journal that goes on over closing and opening. */
export class Trace {
  readonly steps: Step[] = []
  readonly random: SeededRandom
  readonly clock: VirtualClock = new VirtualClock()
  readonly #model: Model = { topics: {}, positions: {}, rows: {} }
  readonly #records = new Map<string, Record[]>()
  #count = 0

  constructor(seed: number) {
    this.random = new SeededRandom(seed)
    this.#step()
    this.steps[0]!.acknowledgedAt = 0
  }

  createTopics(journal: Journal): void {
    for (const name of kept) this.#model.topics[name] ??= Array.from({ length: partitions }, () => [])
    journal.createTopics([
      ...kept.map((name) => ({ name, partitions, retention: {} })),
      { name: 'gone', partitions: 1, retention: { timeMs: 0 } },
    ])
    this.#step()
  }

  /** Appends a random unit; what it throws, it throws before anything is modelled. */
  append(journal: Journal): void {
    this.#append(journal, this.random.chance(0.4) && this.unsettled > 0 ? this.#move() : this.#arrive())
  }

  /** Appends a unit that settles. */
  settle(journal: Journal): void {
    this.#append(journal, this.#move())
  }

  /** Records that can be settled. */
  get unsettled(): number {
    return this.#unsettled(0) + this.#unsettled(1)
  }

  #append(journal: Journal, unit: CommitUnit): void {
    journal.append(group, unit)
    for (const { topic, partition, records } of unit.outputs) {
      if (topic === 'gone') continue
      this.#model.topics[topic]![partition]!.push(...records.map(describe))
      const place = `${topic}/${partition}`
      this.#records.set(place, [...(this.#records.get(place) ?? []), ...records])
    }
    for (const { topic, partition, watermark } of unit.acknowledgements)
      this.#model.positions[`${topic}/${partition}`] = watermark
    for (const { key, value } of unit.changes) {
      if (value === null) delete this.#model.rows[key]
      else this.#model.rows[key] = value
    }
    this.#step()
  }

  /** Notes everything appended so far as acknowledged, now. */
  acknowledge(disk: SimDisk): void {
    for (let index = this.steps.length - 1; index >= 0 && this.steps[index]!.acknowledgedAt === Infinity; index--)
      this.steps[index]!.acknowledgedAt = disk.operations.length
  }

  /** Records kept in memory refer to places in a journal that is closed: as after a restart, they are forgotten. */
  forgetRecords(): void {
    for (const [place, records] of this.#records)
      this.#records.set(
        place,
        records.map((record) => plain(record)),
      )
  }

  #step(): void {
    this.steps.push({ state: stateText(this.#model), acknowledgedAt: Infinity })
  }

  #arrive(): CommitUnit {
    const outputs = Array.from({ length: this.random.between(1, 2) }, () => ({
      topic: this.random.chance(0.6) ? 'gone' : 'first',
      partition: 0,
      records: Array.from({ length: this.random.between(1, 2) }, () => this.#record()),
    })).map((output) => (output.topic === 'gone' ? output : { ...output, partition: this.random.below(partitions) }))
    return { outputs, acknowledgements: [], changes: [] }
  }

  /** What a stop does: moves records on, unchanged or not, settles them and counts. */
  #move(): CommitUnit {
    const partition = this.#unsettled(0) > 0 ? 0 : 1
    const from = this.#model.positions[`first/${partition}`] ?? 0
    const taken = (this.#records.get(`first/${partition}`) ?? []).slice(from, from + this.random.between(1, 3))
    const records = taken.map((record) => (this.random.chance(0.5) ? record.copy({ hop: 1 }) : this.#record()))
    const value = this.random.chance(0.3) ? null : String(from + taken.length)
    return {
      outputs: [{ topic: 'second', partition, records }],
      acknowledgements: [{ topic: 'first', partition, watermark: from + taken.length, above: [] }],
      changes: [{ store: 'store', partition, key: `row ${partition}`, value }],
    }
  }

  #unsettled(partition: number): number {
    return (this.#records.get(`first/${partition}`)?.length ?? 0) - (this.#model.positions[`first/${partition}`] ?? 0)
  }

  #record(): Record {
    const number = this.#count++
    const data = this.random.chance(0.05) ? null : { number, text: 'äx'.repeat(this.random.below(120)) }
    const key = this.random.chance(0.1) ? null : `key ${number % 5}`
    const fields = {
      ride: `ride ${number}`,
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
}

function plain(record: Record): Record {
  const copy = new Record(record, record.data, undefined)
  copy.offset = record.offset
  return copy
}

const stateText = ({ topics, positions, rows }: Model): string =>
  JSON.stringify([topics, sorted(positions), sorted(rows)])

const sorted = <Value>(values: { [name: string]: Value }): readonly (readonly [string, Value])[] =>
  Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1))

/** What an open journal shows of the kept topics, as the model would say it. */
export async function shown(journal: Journal): Promise<string> {
  const model: Model = { topics: {}, positions: {}, rows: {} }
  for (const { name, partitions } of journal.topics()) {
    if (name === 'gone') continue
    model.topics[name] = []
    for (const { partition } of partitions)
      model.topics[name].push((await readAll(journal, name, partition)).map(describe))
  }
  for (const { topic, partition, watermark } of journal.positions(group))
    model.positions[`${topic}/${partition}`] = watermark
  for (let partition = 0; partition < partitions; partition++)
    for (const [key, value] of journal.rows(group, 'store', partition)) model.rows[key] = value
  return stateText(model)
}

export async function readAll(journal: Journal, topic: string, partition: number): Promise<readonly Record[]> {
  const found: Record[] = []
  for (let next = 0; ; next = found.at(-1)!.offset + 1) {
    const records = await journal.read(topic, partition, next, { recordsMax: 1000, bytesMax: 1_000_000 })
    if (records.length === 0) return found
    found.push(...records)
  }
}

/** The number of the step that this state is, which must be the last acknowledged one or a later one; or what is wrong. */
export function judgeState(steps: readonly Step[], state: string, completed: number): number | string {
  const least = steps.findLastIndex(({ acknowledgedAt }) => acknowledgedAt <= completed)
  const most = steps.findLastIndex((step) => step.state === state)
  if (most === -1)
    return `this was never the state:\n${state}\nit should be step ${least} or later:\n${steps[least]!.state}`
  return most >= least ? most : `acknowledged steps are lost: this is step ${most} of at least ${least}`
}
