/** Judges a run by what it left: every event once, every tenth dropped, bodies unchanged, each key in order. */
import { isDeepStrictEqual } from 'node:util'
import type { BusInspector } from '../src/bus/bus.ts'
import type { Record } from '../src/event/record.ts'
import { verify } from './bench.ts'
import { accountOf, contactOf, deliveredOf, indexAt, isDropped, mailableOf } from './contact.ts'

const bodiesCompared = 1000

/** Which contact each ride carried, as the journal says. */
export type Rides = ReadonlyMap<string, number>

/** Sees the events of one place in the order in which they lie there. */
class Judge {
  readonly #place: string
  readonly #seen: Uint8Array
  readonly #sampled: ReadonlySet<number>
  readonly #newestOf = new Map<string, number>()
  #count = 0

  constructor(place: string, count: number) {
    this.#place = place
    this.#seen = new Uint8Array(count)
    this.#sampled = sample(count)
  }

  see(index: number): void {
    verify(index >= 0 && index < this.#seen.length, `${this.#place} holds an event that was not sent`)
    verify(this.#seen[index] === 0, `${this.#place} holds contact ${index} twice`)
    this.#seen[index] = 1
    this.#count++
  }

  seeInOrder(index: number): void {
    this.see(index)
    const account = accountOf(index)
    const isLate = (this.#newestOf.get(account) ?? -1) > index
    verify(!isLate, `${this.#place} holds contact ${index} behind a later event of its key`)
    this.#newestOf.set(account, index)
  }

  /** Compares the body, if it is of the sample. */
  compare(index: number, body: () => unknown, expected: (index: number) => unknown): void {
    if (!this.#sampled.has(index)) return
    const found = body()
    const isSame = isDeepStrictEqual(found, expected(index))
    verify(isSame, `${this.#place} has as the body of contact ${index} ${JSON.stringify(found)}`)
  }

  /** All that were sent, or all that may be mailed. */
  close(expected: 'sent' | 'mailable'): void {
    const count = expected === 'sent' ? this.#seen.length : deliveredOf(this.#seen.length)
    verify(this.#count === count, `${this.#place} holds ${this.#count} events, not ${count}`)
    if (expected === 'sent') return
    for (const [index, seen] of this.#seen.entries())
      verify((seen === 0) === isDropped(index), `${this.#place} ${seen === 0 ? 'lacks' : 'holds'} contact ${index}`)
  }
}

/** The journal, or what a memory bus keeps: N ids entered, 0.9 N reached the archive, N ended, and random bodies are what was sent. */
export async function judgeBus(inspector: BusInspector, app: string, count: number): Promise<Rides> {
  const rides = new Map<string, number>()
  const entered = new Judge('the topic of add-email', count)
  await eachRecord(inspector, `${app}.add-email`, (record) => {
    const index = indexAt(record.time)
    entered.seeInOrder(index)
    entered.compare(index, () => record.data, contactOf)
    rides.set(record.ride, index)
  })
  entered.close('sent')
  verify(rides.size === count, `${count} events have ${rides.size} ids`)
  const archived = new Judge('the topic of archive', count)
  await eachRecord(inspector, `${app}.archive`, (record) => {
    const index = indexAt(record.time)
    archived.seeInOrder(index)
    archived.compare(index, () => record.data, mailableOf)
  })
  archived.close('mailable')
  const ended = new Judge('the topic of ended rides', count)
  await eachRecord(inspector, `${app}.ended`, (record) => ended.see(indexAt(record.time)))
  ended.close('sent')
  return rides
}

/** The archive's own account of what it holds. */
export async function judgeArchive(
  entries: AsyncIterable<{ readonly ride: string; readonly data: unknown }>,
  rides: Rides,
): Promise<void> {
  const judge = new Judge('the archive file', rides.size)
  for await (const { ride, data } of entries) {
    const index = rides.get(ride)
    verify(index !== undefined, `the archive file holds "${ride}", which the journal does not know`)
    judge.seeInOrder(index)
    judge.compare(index, () => data, mailableOf)
  }
  judge.close('mailable')
}

const sample = (count: number): ReadonlySet<number> =>
  new Set(Array.from({ length: bodiesCompared }, () => Math.floor(Math.random() * count)))

async function eachRecord(inspector: BusInspector, topic: string, use: (record: Record) => void): Promise<void> {
  const info = (await inspector.topics()).find((candidate) => candidate.topic === topic)
  verify(info !== undefined, `there is no topic ${topic}`)
  for (const { partition, begin, end } of info.partitions) {
    let next = begin
    while (next < end) {
      const records = await inspector.read(topic, partition, next, 1000)
      if (records.length === 0) break
      for (const record of records) use(record)
      next = records.at(-1)!.offset + 1
    }
  }
}
