/** Judges a run by what it left: every id once, every tenth dropped, bodies unchanged, each key in order. */
import { isDeepStrictEqual } from 'node:util'
import type { BusInspector } from '../src/bus/bus.ts'
import type { Record } from '../src/event/record.ts'
import { verify } from './bench.ts'
import { accountOf, contactOf, deliveredOf, indexOf, isDropped, mailableOf } from './contact.ts'

const bodiesCompared = 1000

/** Sees the events of one place in the order in which they lie there. */
export class Judge {
  readonly #place: string
  readonly #seen: Uint8Array
  readonly #newestOf = new Map<string, number>()
  #count = 0

  constructor(place: string, count: number) {
    this.#place = place
    this.#seen = new Uint8Array(count)
  }

  see(ride: string): number {
    const index = indexOf(ride)
    verify(index >= 0 && index < this.#seen.length, `${this.#place} holds "${ride}", which was not sent`)
    verify(this.#seen[index] === 0, `${this.#place} holds "${ride}" twice`)
    this.#seen[index] = 1
    this.#count++
    return index
  }

  seeInOrder(ride: string): number {
    const index = this.see(ride)
    const account = accountOf(index)
    verify(
      (this.#newestOf.get(account) ?? -1) < index,
      `${this.#place} holds "${ride}" behind a later event of its key`,
    )
    this.#newestOf.set(account, index)
    return index
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

/** The journal, or what a memory bus keeps: N entered, 0.9 N reached the archive, N ended, and random bodies are what was sent. */
export async function judgeBus(inspector: BusInspector, app: string, count: number): Promise<void> {
  const sampled = sample(count)
  const entered = new Judge('the topic of add-email', count)
  await eachRecord(inspector, `${app}.add-email`, (record) => {
    const index = entered.seeInOrder(record.ride)
    if (sampled.has(index)) sameBody(record.data, contactOf(index), index)
  })
  entered.close('sent')
  const archived = new Judge('the topic of archive', count)
  await eachRecord(inspector, `${app}.archive`, (record) => {
    const index = archived.seeInOrder(record.ride)
    if (sampled.has(index)) sameBody(record.data, mailableOf(index), index)
  })
  archived.close('mailable')
  const ended = new Judge('the topic of ended rides', count)
  await eachRecord(inspector, `${app}.ended`, (record) => ended.see(record.ride))
  ended.close('sent')
}

/** The archive's own account of what it holds. */
export async function judgeArchive(
  entries: AsyncIterable<{ readonly ride: string; readonly data: unknown }>,
  count: number,
): Promise<void> {
  const sampled = sample(count)
  const judge = new Judge('the archive file', count)
  for await (const { ride, data } of entries) {
    const index = judge.seeInOrder(ride)
    if (sampled.has(index)) sameBody(data, mailableOf(index), index)
  }
  judge.close('mailable')
}

const sample = (count: number): ReadonlySet<number> =>
  new Set(Array.from({ length: Math.min(count, bodiesCompared) }, () => Math.floor(Math.random() * count)))

function sameBody(found: unknown, sent: unknown, index: number): void {
  verify(
    isDeepStrictEqual(found, sent),
    `the body of contact ${index} is ${JSON.stringify(found)}, not ${JSON.stringify(sent)}`,
  )
}

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
