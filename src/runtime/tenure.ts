/**
 * The time in which a member owns a stop's partition, and the durable row that says so: it is there from before the first event is handled until the partition
 * is handed over. An owner that finds the row of another knows that this one died, and how far it may have gone. The rows of a partition are in the table
 * `open/<input topic>`, beside its park table, and go with it from member to member.
 *
 * Invariants:
 * - T1 No lane is open before the row of its tenure is durable.
 * - T2 A row rides with the position of its partition, so that it is refused when the partition has another owner; a row is deleted by the owner that wrote it, or by one that
 *   comes after it.
 * - T3 The row goes when nothing of the partition can be in flight any more by this process: at the end of a drain, or when the bus takes the partition away.
 */
import type { Assignment, Member } from '../bus/bus.ts'
import type { CommitUnit, StateChange } from '../event/unit.ts'
import type { Engine } from './engine.ts'
import type { Lane } from './lane.ts'
import type { Fate } from './outbox.ts'
import { settleRows } from './settle.ts'
import type { StopRuntime } from './stop-runtime.ts'

/** How far a lane may go: events below these offsets may be in flight. */
export interface Reach {
  readonly input: number
  readonly parked: number
}

/** The event that runs alone, and for which time. */
export interface Alone {
  readonly isParked: boolean
  readonly offset: number
  readonly tries: number
}

/** What a row says beyond that there is one. */
interface Row {
  readonly reach?: Reach | undefined
  readonly alone?: Alone | undefined
}

/** Between tries while the bus takes no rows. */
const againMs = 50

export class Tenure {
  readonly stop: StopRuntime
  readonly partition: number
  /** What the owner before wrote, when it died; undefined after a clean end. */
  before: Row | undefined = undefined
  /** How far the lane may go; undefined when it goes where it likes. */
  reach: Reach | undefined = undefined
  alone: Alone | undefined = undefined
  /** The lane begins slowly (`careful.ts`). */
  isCareful = false
  /** The lane may open. */
  hasBegun = false
  /** The partition is another's. */
  isOver = false
  /** Names the row: no other owner has the same. */
  readonly #key: string
  /** Rows of owners before. */
  #stale: readonly string[] = []
  #written: string | undefined = undefined

  constructor(stop: StopRuntime, { partition, generation }: Assignment) {
    this.stop = stop
    this.partition = partition
    this.#key = String(generation)
  }

  /** The present lane; undefined between one that was refused and the next. */
  get lane(): Lane | undefined {
    return this.isOver ? undefined : this.stop.lanes[this.partition]
  }

  /** The row may be there. */
  get isMarked(): boolean {
    return this.#written !== undefined
  }

  get isChanged(): boolean {
    return this.#written !== this.#text
  }

  get #text(): string {
    return JSON.stringify({ reach: this.reach, alone: this.alone } satisfies Row)
  }

  /** Takes in what owners before have left. */
  load(rows: ReadonlyMap<string, string>): void {
    if (this.isMarked || rows.size === 0) return
    const [key, text] = [...rows].toSorted(([one], [other]) => Number(one) - Number(other)).at(-1)!
    this.before = JSON.parse(text) as Row
    this.reach = this.before.reach
    this.alone = this.before.alone
    this.#stale = [...rows.keys()].filter((other) => other !== this.#key)
    // On one machine the numbers of owners begin anew with each start: then the row is there already.
    if (key === this.#key) this.#written = text
  }

  /** What makes the row say what the tenure says now. */
  takeChanges(): StateChange[] {
    const text = this.#text
    this.#written = text
    return [...this.#stale.map((key) => this.#change(key, null)), this.#change(this.#key, text)]
  }

  /** How it went with the changes that were taken last. */
  tookChanges(isDurable: boolean): void {
    if (isDurable) this.#stale = []
    else this.#written = ''
  }

  /** What deletes the row, once. */
  takeEnd(): StateChange {
    this.#written = undefined
    return this.#change(this.#key, null)
  }

  #change(key: string, value: string | null): StateChange {
    return { store: this.stop.openStore, partition: this.partition, key, value }
  }
}

export function* tenuresOf(engine: Engine): Generator<Tenure> {
  for (const stop of engine.everyStop()) for (const tenure of stop.tenures) if (tenure !== undefined) yield tenure
}

/** Makes durable what the tenures say, and with it all that was decided before. Returns early when the app has failed. */
export async function writeDown(engine: Engine, tenures: readonly Tenure[]): Promise<void> {
  const { outbox, clock } = engine
  for (;;) {
    const changed = tenures.filter((tenure) => !tenure.isOver && tenure.isChanged)
    if (changed.length === 0 || engine.failure !== undefined) return
    for (const tenure of changed) {
      for (const change of tenure.takeChanges()) outbox.change(change)
      if (tenure.lane !== undefined) outbox.touch(tenure.lane.input)
    }
    const fate = await new Promise<Fate>((resolve) => {
      outbox.wait(resolve)
      engine.schedule()
    })
    for (const tenure of changed) if (tenure.isMarked) tenure.tookChanges(fate === 'committed')
    if (fate !== 'refused') return
    await new Promise<void>((resolve) => clock.timer(againMs, resolve))
  }
}

/** At the end of an app: nothing is in flight any more. */
export async function markClean(engine: Engine): Promise<void> {
  const marked = [...tenuresOf(engine)].filter(({ isMarked }) => isMarked)
  await settleRows(
    engine.member,
    engine.clock,
    marked.map((tenure) => tenure.takeEnd()),
  )
}

/**
 * When the bus has taken partitions away from a process that lives on: their next owner need not be careful. The bus names it when this unit has ended. One that is refused
 * is not tried again: then the next owner is careful for nothing.
 */
export async function handOver(member: Member, tenures: readonly Tenure[]): Promise<void> {
  const changes = tenures.filter(({ isMarked }) => isMarked).map((tenure) => tenure.takeEnd())
  if (changes.length === 0) return
  const unit: CommitUnit = { outputs: [], acknowledgements: [], changes }
  while ((await member.settle(unit)) === 'unknown');
}
