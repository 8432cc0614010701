import { noHeaders } from '../../src/event/event.ts'
import { Record } from '../../src/event/record.ts'
import type { RecordFields } from '../../src/event/record.ts'
/**
 * What the tests of the journal share: records and units in a line, a model that says what a journal must hold, and a picture of what it does hold.
 */
import type { Acknowledgement, CommitUnit, StateChange } from '../../src/event/unit.ts'
import type { Disk } from '../../src/internal/platform/disk.ts'
import type { Clock } from '../../src/internal/platform/platform.ts'
import { openJournal } from '../../src/journal/index.ts'
import type { Journal, JournalOptions } from '../../src/journal/index.ts'
import { SeededRandom, VirtualClock } from '../../src/testing/index.ts'

export const dir = '/journal'
export const group = 'app'
export const topics = [
  { name: 'a', partitions: 2, retention: { timeMs: Infinity } },
  { name: 'b', partitions: 1, retention: {} },
]

/** Opens a journal in `dir` of a disk, without a reserve unless asked for. */
export function open(disk: Disk, options: Partial<JournalOptions> & { readonly clock?: Clock } = {}): Promise<Journal> {
  const { clock = new VirtualClock(), ...rest } = options
  const platform = { clock, disk, random: new SeededRandom(1) }
  return openJournal({ dir, platform, reserveBytes: 0, ...rest })
}

export function record(ride: string, data: unknown, fields: Partial<RecordFields> = {}): Record {
  const all = {
    ride,
    hop: 0,
    type: 't',
    source: '/s',
    time: 7,
    key: null,
    headers: noHeaders,
    correlationId: undefined,
    causationId: undefined,
    replay: 0,
    slip: '',
    ...fields,
  }
  return new Record(all, data, undefined)
}

/** Everything of a record that travels, as plain data; not where it lies. */
export function fieldsOf(one: Record | undefined): object {
  return { ...(one as object | undefined), home: undefined }
}

/** A unit of records for topic partitions such as `a/0`. */
export function unit(
  outputs: { readonly [place: string]: readonly Record[] },
  acknowledgements: readonly Acknowledgement[] = [],
  changes: readonly StateChange[] = [],
): CommitUnit {
  return {
    outputs: Object.entries(outputs).map(([place, records]) => {
      const [topic = '', partition] = place.split('/')
      return { topic, partition: Number(partition), records }
    }),
    acknowledgements,
    changes,
  }
}

/** What a journal holds, as text that can be compared. */
export interface Picture {
  readonly topics: { readonly [place: string]: readonly string[] }
  readonly positions: readonly string[]
  readonly rows: readonly string[]
}

/** Reads everything that a journal holds. */
export async function picture(journal: Journal, stores: readonly string[] = ['s']): Promise<Picture> {
  const held: { [place: string]: string[] } = {}
  for (const { name, partitions } of journal.topics())
    for (const { partition, begin, end } of partitions) {
      const found: string[] = []
      for (let next = begin; ;) {
        const records = await journal.read(name, partition, next, { recordsMax: 3, bytesMax: 100_000 })
        if (records.length === 0) break
        for (const one of records) found.push(`${one.offset} ${one.id} ${JSON.stringify(one.data)}`)
        next = records.at(-1)!.offset + 1
      }
      held[`${name}/${partition}`] = found
      if (found.length > 0 && !found.at(-1)!.startsWith(`${end - 1} `)) found.push(`end ${end}`)
    }
  const rows = stores.flatMap((store) =>
    [...journal.rows(group, store, 0)].map(([key, value]) => `${store} ${key} ${value}`),
  )
  const positions = journal
    .positions(group)
    .map((ack) => `${ack.topic}/${ack.partition} ${ack.watermark} [${ack.above.join()}]`)
  return { topics: held, positions: positions.toSorted(), rows: rows.toSorted() }
}

/** What a journal must hold after the first `count` of `units`: the fold, made without the journal's code. */
export function modelOf(units: readonly PlannedUnit[], count: number): Picture {
  const held: { [place: string]: string[] } = { 'a/0': [], 'a/1': [], 'b/0': [] }
  const positions = new Map<string, string>()
  const rows = new Map<string, string>()
  for (const { outputs, acknowledgements, changes } of units.slice(0, count)) {
    for (const [place, records] of Object.entries(outputs))
      for (const { ride, data } of records) held[place]!.push(`${held[place]!.length} ${ride} ${JSON.stringify(data)}`)
    for (const ack of acknowledgements)
      positions.set(`${ack.topic}/${ack.partition}`, `${ack.watermark} [${ack.above.join()}]`)
    for (const change of changes) {
      if (change.value === null) rows.delete(`${change.store} ${change.key}`)
      else rows.set(`${change.store} ${change.key}`, change.value)
    }
  }
  return {
    topics: held,
    positions: [...positions].map(([place, text]) => `${place} ${text}`).toSorted(),
    rows: [...rows].map(([key, value]) => `${key} ${value}`).toSorted(),
  }
}

/** A unit as plain data, so that it can be made again and folded by the model. */
export interface PlannedUnit {
  readonly outputs: { readonly [place: string]: readonly { readonly ride: string; readonly data: unknown }[] }
  readonly acknowledgements: readonly Acknowledgement[]
  readonly changes: readonly StateChange[]
}

/** Makes the unit of a plan; with `shared`, the second and later records of equal data refer to the first. */
export function unitOfPlan(plan: PlannedUnit, shared?: Map<unknown, Record>): CommitUnit {
  const outputs: { [place: string]: Record[] } = {}
  for (const [place, records] of Object.entries(plan.outputs))
    outputs[place] = records.map(({ ride, data }) => {
      const made = record(ride, data)
      const from = shared?.get(data)
      if (from === undefined) shared?.set(data, made)
      else made.unchangedFrom = from
      return made
    })
  return unit(outputs, plan.acknowledgements, plan.changes)
}

/** Units from a seed: outputs to several partitions, positions that only go forward, rows set and deleted, data passed on unchanged. */
export function plan(seed: number, count: number, dataBytes = 140): readonly PlannedUnit[] {
  const random = new SeededRandom(seed)
  const below = (most: number): number => Math.floor(random.next() * most)
  const ends: { [place: string]: number } = { 'a/0': 0, 'a/1': 0, 'b/0': 0 }
  const watermarks: { [place: string]: number } = {}
  const seen: unknown[] = []
  let rides = 0
  const recordOf = (): { ride: string; data: unknown } => {
    const passOn = seen.length > 0 && random.next() < 0.4
    const data = passOn ? seen[below(seen.length)] : { n: rides, pad: 'ä'.repeat(below(dataBytes)) }
    seen.push(data)
    return { ride: `r${rides++}`, data: random.next() < 0.1 ? null : data }
  }
  return Array.from({ length: count }, () => {
    const outputs: { [place: string]: { ride: string; data: unknown }[] } = {}
    const acknowledgements: Acknowledgement[] = []
    for (const place of Object.keys(ends)) {
      if (random.next() < 0.3) continue
      outputs[place] = Array.from({ length: 1 + below(2) }, recordOf)
      const [topic = '', partition] = place.split('/')
      const watermark = Math.max(watermarks[place] ?? 0, below(ends[place]! + 1))
      const above = watermark + 2 <= ends[place]! ? [watermark + 1, watermark + 2] : []
      watermarks[place] = watermark
      acknowledgements.push({ topic, partition: Number(partition), watermark, above })
    }
    for (const [place, records] of Object.entries(outputs)) ends[place]! += records.length
    const value = random.next() < 0.3 ? null : JSON.stringify({ v: below(100) })
    return { outputs, acknowledgements, changes: [{ store: 's', partition: 0, key: `k${below(4)}`, value }] }
  })
}

/** What the fixtures hold: plain data, because a random plan would change with its generator. */
export const fixturePlan: readonly PlannedUnit[] = Array.from({ length: 30 }, (_, index) => ({
  outputs: {
    'a/0': [{ ride: `ride-${index}`, data: { index, text: 'zwölf €'.repeat(20) } }],
    [index % 2 === 0 ? 'a/1' : 'b/0']: [
      { ride: `ride-${index}`, data: index % 5 === 0 ? null : [index, { deep: true }] },
    ],
  },
  acknowledgements:
    index % 3 === 0
      ? [{ topic: 'a', partition: 0, watermark: index >> 1, above: index > 8 ? [index - 2, index] : [] }]
      : [],
  changes:
    index % 4 === 0
      ? [{ store: 's', partition: 0, key: `k${index % 8}`, value: index % 12 === 8 ? null : `{"v":${index}}` }]
      : [],
}))
