/**
 * Carries out what operators decide about a running app. A decision is a row of the app's table `controls`, so that it holds after a restart and for every process that runs
 * the app; stops and entries are told what the rows say.
 *
 * Invariants:
 * - C1 What stops and entries do follows from the rows alone: they are told of all of them each time that one changes.
 * - C2 A pause holds before its row is durable, the end of one after it: a crash in between never lets through what an operator was told is held.
 */
import type { BusInspector } from '../bus/bus.ts'
import { MetrobusError } from '../errors/index.ts'
import type { Acknowledgement, StateChange } from '../event/unit.ts'
import { appFailed } from './app-failed.ts'
import type {
  Controls,
  LimitChange,
  Pausable,
  Pause,
  PauseEffect,
  SeekPlan,
  SeekRequest,
  StopLimits,
} from './controls.ts'
import type { AppDefinition } from './definition.ts'
import type { Engine } from './engine.ts'
import type { Entries } from './entries.ts'
import type { Lanes } from './lanes.ts'
import type { Fate } from './outbox.ts'
import { checkParked, type PlannedSeek, planSeek, type SeekUnit } from './seek.ts'
import { changedRow, limitsBy, shownLimits } from './stop-limits.ts'
import type { StopRuntime } from './stop-runtime.ts'
import { readerName } from './topics.ts'

/** The state table of what operators have decided. */
export const controlStore = 'controls'

/** So often a process looks at what another one that runs the same app was told. */
const followMs = 30_000
/** So long a seek waits for what runs. */
const restMs = 30_000

export class ControlRoom implements Controls {
  readonly #engine: Engine
  readonly #entries: Entries
  readonly #lanes: Lanes
  readonly #inspector: BusInspector
  /** By line, the names of the stops that it passes. */
  readonly #lines: ReadonlyMap<string, ReadonlySet<string>>
  #rows: ReadonlyMap<string, string> = new Map()
  /** One decision after the other. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(engine: Engine, entries: Entries, lanes: Lanes, inspector: BusInspector) {
    this.#engine = engine
    this.#entries = entries
    this.#lanes = lanes
    this.#inspector = inspector
    this.#lines = linesOf(engine.definition)
  }

  /** Before the lanes begin: takes over what was decided before the start. */
  async load(): Promise<void> {
    const { member, definition } = this.#engine
    this.#take(await member.load(controlStore, 0))
    for (const { kind, name } of this.paused())
      this.#engine.log.warn({ app: definition.name, [kind]: name }, `the ${kind} "${name}" is paused, by an operator`)
    if (member.name !== undefined) this.#follow()
  }

  paused(): readonly Pause[] {
    return pausesIn(this.#rows)
  }

  pause(target: Pausable, { reason }: { readonly reason?: string } = {}): Promise<PauseEffect> {
    const since = this.#engine.clock.now()
    return this.#decide(target, JSON.stringify({ since, ...(reason !== undefined && { reason }) }))
  }

  resume(target: Pausable): Promise<PauseEffect> {
    return this.#decide(target, null)
  }

  async #decide(target: Pausable, row: string | null): Promise<PauseEffect> {
    const stops = this.#stopsOf(target)
    const key = rowOf(target)
    const changed = await this.#inTurn(async () => {
      // Who pauses what is paused keeps its first reason.
      if (this.#rows.has(key) === (row !== null)) return false
      await this.#write(key, row)
      return true
    })
    const names = new Set(stops.map(({ name }) => name))
    return {
      changed,
      stops: stops.map((stop) => ({ stop: stop.name, state: stateOf(stop), inFlight: stop.inFlight })),
      otherLines: [...this.#lines]
        .filter(([line, passed]) => line !== target.name && !passed.isDisjointFrom(names))
        .map(([line]) => line),
    }
  }

  limits(): readonly StopLimits[] {
    return [...this.#engine.stops.values()].map(shownLimits)
  }

  async limit(name: string, change: LimitChange | 'declared'): Promise<StopLimits> {
    const [stop] = this.#stopsOf({ kind: 'stop', name }) as readonly [StopRuntime]
    await this.#inTurn(async () => {
      const row = change === 'declared' ? null : changedRow(stop, stop.limits, change)
      await this.#write(limitsRow(name), row)
    })
    return shownLimits(stop)
  }

  async planSeek(request: SeekRequest): Promise<SeekPlan> {
    return (await this.#planned(request)).plan
  }

  seek(request: SeekRequest): Promise<SeekPlan> {
    return this.#inTurn(async () => {
      const { member, busName } = this.#engine
      if (member.seek === undefined) throw new MetrobusError('MB_SEEK_UNSUPPORTED', { bus: busName })
      checkParked((await this.#planned(request)).plan, request)
      const { mates } = this.#sought(request)
      try {
        for (const stop of mates) this.#hold(stop, true)
        await this.#atRest(mates)
        const { plan, unit } = await this.#planned(request)
        checkParked(plan, request)
        await member.seek([...unit.acknowledgements, ...this.#beside(unit, mates)], unit.changes)
        return plan
      } finally {
        this.#take(this.#rows)
      }
    })
  }

  #planned(request: SeekRequest): Promise<PlannedSeek> {
    return planSeek(this.#inspector, this.#engine.definition.name, this.#sought(request).topics, request)
  }

  #sought({ stop }: SeekRequest): StopRuntime {
    const stops = this.#engine.everyStop()
    const found = stops.find(({ name }) => name === stop)
    if (found !== undefined) return found
    throw new MetrobusError('MB_NOT_FOUND', { kind: 'stop', name: stop, known: stops.map(({ name }) => name) })
  }

  /** What stays where it is, and goes and comes all the same: stops that share a store have its partitions together. */
  #beside({ acknowledgements }: SeekUnit, mates: readonly StopRuntime[]): readonly Acknowledgement[] {
    const moved = new Set(acknowledgements.map(({ topic, partition }) => `${topic}/${partition}`))
    const partitions = new Set(acknowledgements.map(({ partition }) => partition))
    return mates
      .flatMap(({ lanes }) => lanes)
      .flatMap((lane) => (lane !== undefined && partitions.has(lane.partition) ? [lane.input, lane.parked] : []))
      .filter(({ topic, partition }) => !moved.has(`${topic}/${partition}`))
      .map(({ topic, partition, acks: { watermark, above } }) => ({ topic, partition, watermark, above }))
  }

  /** Resolves when nothing runs at these stops and what they have decided is durable. */
  async #atRest(stops: readonly StopRuntime[]): Promise<void> {
    const engine = this.#engine
    let isLate = false
    const timer = engine.clock.timer(restMs, () => {
      isLate = true
      engine.schedule()
    })
    for (;;) {
      await engine.until(() => isLate || stops.every(({ inFlight }) => inFlight === 0))
      if (engine.failure !== undefined) throw appFailed(engine)
      if (isLate) throw new MetrobusError('MB_TIMED_OUT', { what: 'Waiting for what runs', afterMs: restMs })
      const fate = await new Promise<Fate>((resolve) => {
        engine.outbox.wait(resolve)
        engine.schedule()
      })
      if (fate !== 'committed') continue
      timer.cancel()
      return
    }
  }

  /** Holds back at once and for good after; lets go only when that is durable (C2). */
  async #write(key: string, row: string | null): Promise<void> {
    const rows = new Map(this.#rows)
    if (row === null) rows.delete(key)
    else rows.set(key, row)
    if (row !== null) this.#take(rows)
    await writeRows(this.#engine, [{ store: controlStore, partition: 0, key, value: row }])
    this.#take(rows)
  }

  #inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(act)
    this.#turn = result.catch(() => {})
    return result
  }

  /** The stops that a target is about; of an entry that reads a topic its reader. */
  #stopsOf({ kind, name }: Pausable): readonly StopRuntime[] {
    const { stops, readers, definition } = this.#engine
    if (kind === 'entry') {
      const entries = definition.entries.map((entry) => entry.name)
      if (!entries.includes(name)) throw new MetrobusError('MB_NOT_FOUND', { kind, name, known: entries })
      return readers.filter((reader) => reader.name === readerName(name))
    }
    const known: ReadonlyMap<string, unknown> = kind === 'line' ? this.#lines : stops
    if (!known.has(name)) throw new MetrobusError('MB_NOT_FOUND', { kind, name, known: [...known.keys()] })
    const names = kind === 'line' ? this.#lines.get(name)! : new Set([name])
    return [...names].map((one) => stops.get(one)!)
  }

  /** Tells stops and entries what the rows say (C1). What is about a part that this app does not have says nothing. */
  #take(rows: ReadonlyMap<string, string>): void {
    this.#rows = rows
    const engine = this.#engine
    const paused = new Set<string>()
    const entries = new Map<string, Pause>()
    for (const pause of this.paused()) {
      const { kind, name } = pause
      if (kind === 'entry') entries.set(name, pause)
      if (kind === 'entry') paused.add(readerName(name))
      else for (const stop of kind === 'line' ? (this.#lines.get(name) ?? []) : [name]) paused.add(stop)
    }
    this.#entries.pause(entries)
    let goesOn = false
    for (const stop of engine.everyStop()) {
      this.#limit(stop, limitsBy(stop, rows.get(limitsRow(stop.name))))
      const isPaused = paused.has(stop.name)
      if (stop.isPaused === isPaused) continue
      goesOn ||= !isPaused
      this.#hold(stop, isPaused)
    }
    // Lanes that came while their stop was paused have not begun.
    if (goesOn) this.#lanes.goOn()
  }

  #hold(stop: StopRuntime, isPaused: boolean): void {
    stop.isPaused = isPaused
    for (const lane of stop.lanes)
      if (isPaused) lane?.holdBack()
      else if (lane !== undefined) this.#engine.wake(lane)
  }

  #limit(stop: StopRuntime, settings: StopRuntime['limits']): void {
    const engine = this.#engine
    stop.limits = settings
    stop.limiter?.change(settings.limits, engine.clock.monotonic())
    stop.limitTimer?.cancel()
    stop.limitTimer = undefined
    engine.admit(stop)
    for (const lane of stop.lanes) if (lane?.isReady === true) engine.wake(lane)
  }

  /** Looks from time to time what other processes of this app were told. */
  #follow(): void {
    const { clock, definition } = this.#engine
    clock.timer(
      followMs,
      () => {
        if (this.#engine.isDraining || this.#engine.failure !== undefined) return
        const looked = this.#inTurn(async () =>
          this.#take(await this.#inspector.rows(definition.name, controlStore, 0)),
        )
        // A bus that cannot be read is told of elsewhere.
        void looked.catch(() => {}).then(() => this.#follow())
      },
      { background: true },
    )
  }
}

/** As stats show it. */
export function stateOf(stop: StopRuntime): 'running' | 'paused' {
  return stop.isPaused ? 'paused' : 'running'
}

/** The pauses among the rows of the table, oldest first. */
export function pausesIn(rows: ReadonlyMap<string, string>): readonly Pause[] {
  const pauses = [...rows].flatMap(([key, text]): Pause[] => {
    const [kind = '', name = ''] = key.split('/')
    return kinds.has(kind)
      ? [{ kind: kind as Pause['kind'], name, ...(JSON.parse(text) as Omit<Pause, 'kind' | 'name'>) }]
      : []
  })
  return pauses.toSorted((one, other) => one.since - other.since)
}

const kinds: ReadonlySet<string> = new Set(['stop', 'line', 'entry'])

const limitsRow = (stop: string): string => `limits/${stop}`

const rowOf = ({ kind, name }: Pausable): string => `${kind}/${name}`

/** Every line that this app plots or reroutes to, with the stops that it passes. */
function linesOf({ entries }: AppDefinition): ReadonlyMap<string, ReadonlySet<string>> {
  const lines = new Map<string, Set<string>>()
  const add = (line: string, stops: readonly { readonly name: string }[]): void => {
    const passed = lines.get(line) ?? new Set()
    for (const { name } of stops) passed.add(name)
    lines.set(line, passed)
  }
  for (const { router } of entries) {
    for (const { name, stops } of router.lines) add(name, stops)
    for (const { targets } of router.stops) for (const { line, stops } of targets.values()) add(line, stops)
  }
  return lines
}

/** Makes rows durable while the app runs. Throws MB_APP_FAILED. */
async function writeRows(engine: Engine, changes: readonly StateChange[]): Promise<void> {
  for (;;) {
    if (engine.failure !== undefined) throw appFailed(engine)
    const fate = await new Promise<Fate>((resolve) => {
      for (const change of changes) engine.outbox.change(change)
      engine.outbox.wait(resolve)
      engine.schedule()
    })
    if (fate === 'committed') return
    if (fate === 'failed') throw appFailed(engine)
  }
}
