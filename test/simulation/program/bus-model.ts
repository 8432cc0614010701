/**
 * What a bus must hold, folded from the units that went over the port and from how each was answered; and the judgement of what it holds. Shares no code with
 * any bus.
 *
 * What is committed is there, at its offset, and stays (I1, I4). What was on its way when the process died is there in whole units, in the order handed over, up
 * to some unit and not beyond (I4, I6). Positions and rows are the fold of the same units (I5), and positions never go back (I7).
 */
import type { BusInspector, TopicPartition } from '../../../src/bus/index.ts'
import type { Record } from '../../../src/event/record.ts'
import type { CommitUnit } from '../../../src/event/unit.ts'
import type { Item } from './behaviour.ts'
import type { Counted } from './counting.ts'
import { standing } from './expectation.ts'
import type { Contents } from './expectation.ts'

/** What one partition shows. */
interface Shown {
  readonly begin: number
  readonly records: ReadonlyMap<number, string>
}

/** Everything that a bus shows. */
export interface View {
  readonly partitions: ReadonlyMap<string, Shown>
  readonly positions: ReadonlyMap<string, string>
  readonly rows: ReadonlyMap<string, string>
}

interface Fold {
  readonly records: Map<string, Map<number, string>>
  /** All that was ever committed, also what retention has removed since: by topic, each record in one line. */
  readonly contents: Contents
  /** Of the logs of stores: by place, then by offset. */
  readonly counted: Map<string, Map<number, Counted>>
  readonly positions: Map<string, string>
  readonly rows: Map<string, string>
}

interface Pending<Process> {
  readonly process: Process
  readonly group: string
  readonly unit: CommitUnit
  /** One that was handed over later is committed. */
  isPassed: boolean
}

/** Units that the runtime may have on their way: 32 of events, one that says how far a careful app goes, and one that says how it ends. */
const onTheirWayMax = 34

export const placeOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

export class BusModel<Process> {
  readonly #fold: Fold = {
    records: new Map(),
    contents: new Map(),
    counted: new Map(),
    positions: new Map(),
    rows: new Map(),
  }
  #pending: Pending<Process>[] = []
  readonly #stores = new Set<string>()
  readonly #doubted = new WeakSet<CommitUnit>()
  /** Hears of each unit that nobody was told of and that is there after a death. */
  onFound: ((unit: CommitUnit) => void) | undefined = undefined

  /** A unit is handed over. Answers what is wrong with it. */
  settling(process: Process, unit: CommitUnit, group: string): readonly string[] {
    if (this.#pending.some((pending) => pending.unit === unit)) return []
    this.#pending.push({ process, group, unit, isPassed: false })
    for (const { store, partition } of unit.changes) this.#stores.add(`${group} ${store}/${partition}`)
    const count = this.#pending.filter((pending) => pending.process === process && pending.group === group).length
    return count > onTheirWayMax ? [`I9 ${count} units are on their way`] : []
  }

  /** The bus has answered. Answers what is wrong with that. */
  settled(unit: CommitUnit, answer: 'committed' | 'refused' | 'unknown', group: string): readonly string[] {
    if (answer === 'unknown') {
      this.#doubted.add(unit)
      return []
    }
    const place = this.#pending.findIndex((pending) => pending.unit === unit)
    const mine = this.#pending[place]
    const older = this.#pending.slice(0, Math.max(0, place))
    this.#pending = this.#pending.filter((pending) => pending.unit !== unit)
    if (answer === 'refused') return []
    // It had happened when the bus did not know, and what came behind it is committed already.
    if (mine?.isPassed === true && this.#doubted.has(unit)) {
      apply(this.#fold, group, outputsOf(unit))
      return []
    }
    for (const before of older) if (before.process === mine?.process && before.group === group) before.isPassed = true
    const faults: string[] = []
    for (const mark of unit.acknowledgements) {
      const before = this.#fold.positions.get(`${group} ${placeOf(mark)}`)
      const missing = before === undefined ? undefined : firstMissing(before, positionText(mark))
      if (missing !== undefined)
        faults.push(
          `I7 ${placeOf(mark)} goes back: ${missing} was settled (${before}), and is not in ${positionText(mark)}`,
        )
    }
    apply(this.#fold, group, unit)
    return faults
  }

  /** Whether a record is there for sure. */
  isCommitted(place: TopicPartition, offset: number): boolean {
    return this.#fold.records.get(placeOf(place))?.has(offset) === true
  }

  /** Whether a record, `<id>#<replay>`, was committed and has been removed since by retention. */
  isGone(record: string, { partitions }: View): boolean {
    for (const [place, { begin }] of partitions)
      for (const [offset, text] of this.#fold.records.get(place) ?? [])
        if (offset < begin && text === record) return true
    return false
  }

  /** What every topic has ever held, committed. */
  get contents(): Contents {
    return this.#fold.contents
  }

  /** All that was ever committed to the logs of stores, also what compaction has removed since: by place, then by offset. */
  get counted(): ReadonlyMap<string, ReadonlyMap<number, Counted>> {
    return this.#fold.counted
  }

  /** Every store and partition that a unit has changed: `<group> <store>/<partition>`. */
  get stores(): readonly string[] {
    return [...this.#stores]
  }

  /** Judges what is found after the process has died: some of what was on its way is there. From then on that is committed, and the rest never was. */
  judge(view: View): readonly string[] {
    const faultsOfEntries: string[] = []
    for (const { unit, group } of this.#pending.filter(isEntry)) {
      const there = presence(unit, view)
      if (!there.includes(false)) this.#found(group, unit)
      else if (there.includes(true)) faultsOfEntries.push(`I4 half of a unit is there: ${there.join()}`)
    }
    const pending = this.#pending.filter((one) => !isEntry(one))
    this.#pending = []
    let best: { readonly faults: readonly string[]; readonly count: number } | undefined
    const fold = copyOf(this.#fold)
    for (let count = 0; count <= pending.length; count++) {
      if (count > 0) apply(fold, pending[count - 1]!.group, pending[count - 1]!.unit)
      const faults = faultsOf(fold, view)
      if (best === undefined || faults.length < best.faults.length) best = { faults, count }
      if (faults.length === 0) break
    }
    for (const { unit, group } of pending.slice(0, best!.count)) this.#found(group, unit)
    return [...faultsOfEntries, ...best!.faults].map(
      (fault) => `${fault} (of ${pending.length} units on their way, ${best!.count} fit best)`,
    )
  }

  #found(group: string, unit: CommitUnit): void {
    apply(this.#fold, group, unit)
    this.onFound?.(unit)
  }

  /** Judges what is found while the bus lives on: units of dead processes may be there, each as a whole, and then they are committed. */
  judgeLive(view: View): readonly string[] {
    const faults: string[] = []
    for (const [place, records] of this.#fold.records)
      for (const [offset, text] of records) {
        const shown = view.partitions.get(place)
        if (
          shown !== undefined &&
          offset >= shown.begin &&
          shown.records.get(offset) !== text &&
          !isCompacted(this.#fold, place, offset, shown)
        )
          faults.push(`I1 ${place}@${offset} was committed as ${text} and is ${shown.records.get(offset)}`)
      }
    for (const { unit, group } of this.#pending.splice(0)) {
      const there = presence(unit, view)
      if (!there.includes(false)) apply(this.#fold, group, outputsOf(unit))
      else if (there.includes(true)) faults.push(`I4 half of a unit is visible: ${there.join()}`)
    }
    return faults
  }
}

/** Reads everything that a bus shows: all topics, the positions of all groups, and the rows asked for. */
export async function viewOf(inspector: BusInspector, stores: readonly string[]): Promise<View> {
  const partitions = new Map<string, Shown>()
  for (const { topic, partitions: infos } of await inspector.topics())
    for (const { partition, begin, end } of infos) {
      const records = new Map<number, string>()
      for (const record of end > begin ? await inspector.read(topic, partition, begin, end - begin) : [])
        records.set(record.offset, `${record.id}#${record.replay}`)
      partitions.set(`${topic}/${partition}`, { begin, records })
    }
  const positions = new Map<string, string>()
  for (const { group, positions: marks } of await inspector.groups())
    for (const mark of marks) positions.set(`${group} ${placeOf(mark)}`, positionText(mark))
  const rows = new Map<string, string>()
  for (const store of stores) {
    const [, group, name, partition] = /^(\S+) (.+)\/(\d+)$/.exec(store) as unknown as [string, string, string, string]
    for (const [key, value] of await inspector.rows(group, name, Number(partition))) rows.set(`${store}/${key}`, value)
  }
  return { partitions, positions, rows }
}

const outputsOf = ({ outputs }: CommitUnit): CommitUnit => ({ outputs, acknowledgements: [], changes: [] })

/** Brings in events and settles nothing. A bus that is short of space may take such a unit before others that were handed over earlier. */
const isEntry = ({ unit }: Pending<unknown>): boolean => unit.acknowledgements.length === 0 && unit.outputs.length > 0

/** Of each record of a unit, whether it is where it was put. */
function presence({ outputs }: CommitUnit, view: View): readonly boolean[] {
  return outputs.flatMap((output) =>
    output.records.map(
      (record) =>
        record.offset >= 0 &&
        view.partitions.get(placeOf(output))?.records.get(record.offset) === `${record.id}#${record.replay}`,
    ),
  )
}

function apply(fold: Fold, group: string, { outputs, acknowledgements, changes }: CommitUnit): void {
  for (const output of outputs) {
    const place = placeOf(output)
    let records = fold.records.get(place)
    if (records === undefined) fold.records.set(place, (records = new Map()))
    let lines = fold.contents.get(output.topic)
    if (lines === undefined) fold.contents.set(output.topic, (lines = []))
    for (const record of output.records) {
      records.set(record.offset, `${record.id}#${record.replay}`)
      lines.push(lineOf(output.topic, record))
      if (output.topic.endsWith('.changelog')) {
        const changes = fold.counted.get(place) ?? new Map<number, Counted>()
        const { v } = record.data as { readonly v: number }
        fold.counted.set(
          place,
          changes.set(record.offset, { id: `${record.id}#${record.replay}`, key: record.key!, v }),
        )
      }
    }
  }
  for (const mark of acknowledgements) fold.positions.set(`${group} ${placeOf(mark)}`, positionText(mark))
  for (const { store, partition, key, value } of changes) {
    const row = `${group} ${store}/${partition}/${key}`
    if (value === null) fold.rows.delete(row)
    else fold.rows.set(row, value)
  }
}

/** A record as `expectation.ts` would say it. */
function lineOf(topic: string, { id, replay, key, headers, data }: Record): string {
  if (topic.endsWith('.ended')) return `${id}#${replay} ${String(key)} ${headers['ended']} ${headers['stop']}`
  const line = standing(id, replay, key, (data as Item | null)?.v ?? 0)
  return topic.endsWith('.dlq') ? `${line} ${headers['__metrobus.errors.exception']}` : line
}

const copyOf = ({ records, counted, positions, rows }: Fold): Fold => ({
  contents: new Map(),
  counted: new Map([...counted].map(([place, inside]) => [place, new Map(inside)])),
  records: new Map([...records].map(([place, inside]) => [place, new Map(inside)])),
  positions: new Map(positions),
  rows: new Map(rows),
})

/** Of each key a log keeps the newest change: one that is gone has a newer one behind it. */
function isCompacted({ counted }: Fold, place: string, offset: number, { records }: Shown): boolean {
  const changes = counted.get(place)
  const mine = changes?.get(offset)
  if (mine === undefined || records.has(offset)) return false
  return [...changes!].some(([other, { key }]) => other > offset && key === mine.key)
}

function faultsOf(fold: Fold, view: View): readonly string[] {
  const faults: string[] = []
  for (const [place, { begin, records }] of view.partitions) {
    const wanted = fold.records.get(place) ?? new Map<number, string>()
    for (const [offset, text] of wanted)
      if (offset >= begin && records.get(offset) !== text && !isCompacted(fold, place, offset, { begin, records }))
        faults.push(`I1 ${place}@${offset} should be ${text} and is ${records.get(offset)}`)
    for (const [offset, text] of records)
      if (!wanted.has(offset)) faults.push(`I4 ${place}@${offset} is ${text}, which was not committed`)
  }
  for (const [position, text] of fold.positions) {
    const [group, place] = position.split(' ') as [string, string]
    const [watermark = 0] = rangesOf(text)
    const begin = view.partitions.get(place)?.begin ?? 0
    if (begin > watermark && (fold.records.get(place)?.size ?? 0) > 0)
      faults.push(`I1 ${place} begins at ${begin}, and ${group} has only settled what is below ${watermark}`)
  }
  for (const [place, text] of fold.positions)
    if (view.positions.get(place) !== text)
      faults.push(`I5 ${place} should be settled to ${text} and is to ${view.positions.get(place)}`)
  for (const [row, value] of fold.rows)
    if (view.rows.get(row) !== value) faults.push(`I5 row ${row} should be ${value} and is ${view.rows.get(row)}`)
  for (const [row, value] of view.rows)
    if (!fold.rows.has(row)) faults.push(`I5 row ${row} is ${value} and should not be`)
  return faults
}

/** `<watermark>` and then the ranges above it, flat. */
const positionText = ({
  watermark,
  above,
}: {
  readonly watermark: number
  readonly above: readonly number[]
}): string => [watermark, ...above].join()

const rangesOf = (text: string): readonly number[] => text.split(',').map(Number)

/** The first offset that one position has settled and the other has not. */
function firstMissing(before: string, after: string): number | undefined {
  const [watermark = 0, ...above] = rangesOf(before)
  const isIn = inside(after)
  if (watermark > 0 && !isIn(watermark - 1)) return watermark - 1
  for (let index = 0; index < above.length; index += 2)
    for (let offset = above[index]!; offset < above[index + 1]!; offset++) if (!isIn(offset)) return offset
  return undefined
}

/** Tells whether a position has settled an offset. */
export function inside(position: string): (offset: number) => boolean {
  const [watermark = 0, ...above] = rangesOf(position)
  return (offset) =>
    offset < watermark || above.some((from, index) => index % 2 === 0 && offset >= from && offset < above[index + 1]!)
}
