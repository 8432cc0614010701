/**
 * What the lanes of one app share: the loop that gives each its turn, the outbox that settles what they decided, and the ways to stops, entries and the error log.
 *
 * Invariants:
 * - E1 A turn is synchronous: poll, handle, gather, settle. Nothing awaits inside it.
 * - E2 Nothing is handed over to the bus once the app has failed.
 * - E3 A lane whose unit was refused starts again from what is committed; its running attempts no longer count.
 */
import type { Member } from '../bus/bus.ts'
import { MetrobusError } from '../errors/index.ts'
import { Record } from '../event/record.ts'
import type { Log } from '../internal/log.ts'
import type { Clock, Random } from '../internal/platform/platform.ts'
import { runOutside } from '../internal/scope.ts'
import type { Router } from '../itinerary/router.ts'
import { advanceSlip, lineOfSlip } from '../itinerary/slip.ts'
import { Meter } from '../telemetry/meter.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import { AppCounters } from './app-counters.ts'
import type { Attempt, Emission } from './attempt.ts'
import { messageOf } from './dead-letter.ts'
import { sweepDeadlines } from './deadlines.ts'
import type { AppDefinition } from './definition.ts'
import { endedRecord } from './ended.ts'
import type { Emitted, Entries } from './entries.ts'
import type { Feed } from './feed.ts'
import type { KeyState } from './key-state.ts'
import type { Lane } from './lane.ts'
import { checkLineVersion } from './line-check.ts'
import { objectiveTimes } from './objectives.ts'
import { Outbox, OutputQueue, type PendingUnit } from './outbox.ts'
import { metricsOf } from './own-metrics.ts'
import type { SlipGuard } from './slip-guard.ts'
import type { StopRuntime } from './stop-runtime.ts'
import type { Stores } from './stores.ts'
import { WakeUps } from './wake-ups.ts'

/** A turn gives way to input and output after this long. */
const turnMs = 8

/** Failure that does not stop an event, for the error log. */
export interface Report {
  readonly stop?: string
  readonly entry?: string
  readonly id?: string
  /** Where it came from, such as file and line. */
  readonly place?: string
  /** More for the log line, such as of the attempt. */
  readonly facts?: object
  readonly error: unknown
}

export interface EngineOptions {
  readonly definition: AppDefinition
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly freezes: boolean
  readonly recordBytesMax: number
  readonly pipelined: boolean
  /** For messages. */
  readonly busName: string
  readonly partitions: (topic: string) => number
  readonly endedTopic: string
  readonly errorsTopic: string
  /** The app cannot go on. */
  readonly failed: (error: unknown) => void
  /** What the lane has decided is void. */
  readonly refused: (lane: Lane) => void
  /** Lanes that were refused may start again from what is committed. */
  readonly recovered: () => void
}

export class Engine {
  readonly definition: AppDefinition
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly freezes: boolean
  readonly recordBytesMax: number
  readonly busName: string
  readonly outbox: Outbox
  readonly wakeUps: WakeUps
  readonly stops: Map<string, StopRuntime> = new Map()
  /** Stands for the entries that read declared topics; they take turns like stops, but no slip names them. */
  readonly readers: StopRuntime[] = []
  /** `<line>|<version>` of all that this app plots now; an event of another version is validated where it arrives. */
  readonly lineVersions: Set<string> = new Set()
  /** Set once joined, before the first lane is made. */
  member!: Member
  /** Set before the first lane is made, when itineraries are signed. */
  slipGuard: SlipGuard | undefined = undefined
  /** Set before the app joins, when its stops have stores. */
  stores: Stores | undefined = undefined
  /** Set before the first lane is made, when the app is traced. */
  tracing: Tracing | undefined = undefined
  /** Set once joined; undefined before. */
  entries: Entries | undefined = undefined
  /** Polls no more; what runs goes on. */
  isDraining = false
  failure: unknown = undefined
  /** No lane begins anything: an event is about to run alone (`isolation.ts`). */
  isQuiet = false
  /** Why the bus asks entries to wait, if it does. */
  pressure: string | undefined = undefined
  faults = 0
  readonly counters: AppCounters
  /** Holds the values of the app's own metrics. */
  readonly meter: Meter
  readonly #options: EngineOptions
  readonly #conductors: Map<string, Router> = new Map()
  readonly #ended: readonly OutputQueue[]
  readonly #errors: OutputQueue
  #ready: Lane[] = []
  #isScheduled = false
  #watchesDeadlines = false
  readonly #watchers: { readonly holds: () => boolean; readonly resolve: () => void }[] = []

  constructor(options: EngineOptions) {
    this.#options = options
    this.definition = options.definition
    this.clock = options.clock
    this.random = options.random
    this.log = options.log
    this.freezes = options.freezes
    this.recordBytesMax = options.recordBytesMax
    this.busName = options.busName
    this.wakeUps = new WakeUps(options.clock)
    this.meter = new Meter(metricsOf(options.definition), () => options.clock.monotonic())
    this.counters = new AppCounters(options.endedTopic, objectiveTimes(options.definition))
    this.#ended = Array.from(
      { length: options.partitions(options.endedTopic) },
      (_, partition) => new OutputQueue(options.endedTopic, partition, false),
    )
    this.#errors = new OutputQueue(options.errorsTopic, 0, false)
    this.outbox = new Outbox({
      settle: (unit) => this.member.settle(unit),
      pipelined: options.pipelined,
      committed: (pending) => this.#committed(pending),
      refused: (feeds) => this.#refused(feeds),
      recovered: () => this.#options.recovered(),
      later: (run) => void options.clock.timer(100, run),
      failed: (error) => this.fail(error),
    })
    for (const entry of options.definition.entries)
      if (entry.router.conduct !== undefined) this.#conductors.set(entry.router.name, entry.router)
  }

  // --- the loop

  /** Gives the lanes a turn after the present one. */
  schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => runOutside(() => this.#turn()))
  }

  /** The lane has something to do. */
  wake(lane: Lane): void {
    if (lane.isQueued || lane.isClosed) return
    lane.isQueued = true
    this.#ready.push(lane)
    this.schedule()
  }

  /** The key may go on at the lane's next turn; never at once, so that long queues do not become deep stacks. */
  runnable(lane: Lane, state: KeyState): void {
    lane.turns.push(state)
    this.wake(lane)
  }

  #turn(): void {
    this.#isScheduled = false
    if (this.failure !== undefined) return
    const { outbox, clock } = this
    const until = clock.monotonic() + turnMs
    while (this.#ready.length > 0 && !outbox.isFull) {
      const lanes = this.#ready
      this.#ready = []
      for (let index = 0; index < lanes.length; index++) {
        const lane = lanes[index]!
        lane.isQueued = false
        lane.pump()
        if (outbox.isRipe) outbox.flush()
        if (lane.isReady) this.wake(lane)
      }
      outbox.flush()
      if (clock.monotonic() > until) break
    }
    outbox.flush()
    if (this.#ready.length > 0 && !outbox.isFull) {
      this.#isScheduled = true
      clock.immediate(() => this.#turn())
    }
    if (this.#watchers.length > 0) this.#answerWatchers()
  }

  // --- settling

  #committed(pending: PendingUnit): void {
    for (let index = 0; index < pending.feeds.length; index++) {
      const feed = pending.feeds[index]!
      if (pending.number < feed.committedBy) continue
      feed.committed = pending.unit.acknowledgements[index]!
      feed.committedBy = pending.number
    }
    this.counters.committed(pending.unit, this.clock.now())
    this.stores?.committed(pending, this.outbox.oldest)
    this.entries?.room.release()
    if (this.#ready.length > 0 || !this.outbox.isEmpty || this.#watchers.length > 0) this.schedule()
  }

  #refused(feeds: readonly Feed[]): void {
    for (const { lane } of feeds) if (lane !== undefined && !lane.isClosed) this.#options.refused(lane)
  }

  /** The app cannot go on: says so once, and answers nobody any more. */
  fail(error: unknown): void {
    if (this.failure !== undefined) return
    this.failure = error ?? new MetrobusError('MB_BUS_FAILED', { reason: 'it did not say why' })
    this.log.error({ error: messageOf(error), app: this.definition.name }, 'the app cannot go on')
    this.wakeUps.clear()
    this.outbox.abandon()
    this.entries?.room.release()
    this.#answerWatchers()
    this.#options.failed(this.failure)
  }

  // --- where events go

  stopNamed(name: string): StopRuntime | undefined {
    return this.stops.get(name)
  }

  /** What the conductor of a ride says comes after `stop`; undefined without one. */
  conduct(slip: string, stop: string, value: unknown, record: Record): string | undefined {
    if (this.#conductors.size === 0) return undefined
    return this.#conductors.get(lineOfSlip(slip))?.conduct?.(stop, value, record)
  }

  /** An event that a handler emits, ready for the outbox. Throws what its entry or topic refuses. */
  emitted(
    stop: StopRuntime,
    emission: Emission,
    identity: { readonly ride: string; readonly correlationId: string; readonly causationId: string },
  ): Emitted {
    return this.entries!.emitted(stop, emission, identity)
  }

  /**
   * Looks at an event that was read from bytes: its signature, and whether it fits the stop when another version of its line plotted it. What this
   * process handed over itself needs no look. Throws MB_SLIP_FORGED, MB_BAD_SLIP, MB_SCHEMA_CHANGED.
   */
  checkArrival(attempt: Attempt): void {
    if (!attempt.record.isEncoded || attempt.lane.stop.entry !== undefined) return
    this.slipGuard?.verify(attempt.record)
    checkLineVersion(attempt)
  }

  /** Notes the end of a ride, for `trace`. */
  ended(attempt: Attempt, how: string): void {
    const { record, lane } = attempt
    const slip =
      lane.stop.entry === undefined ? advanceSlip(record.slip, lane.stop.name, attempt.attempt, attempt.durationMs) : ''
    this.endedAt(lane.stop, lane.partition, record, slip, how)
  }

  /** The same for a ride that no attempt has ended. */
  endedAt(stop: StopRuntime, partition: number, record: Record, slip: string, how: string): void {
    this.outbox.output(this.#ended[partition % this.#ended.length]!, endedRecord(stop, record, slip, how), 0)
  }

  /** Writes to the error log: a topic and a log line. */
  report(report: Report): void {
    this.faults++
    const message = messageOf(report.error)
    const { stop, entry, id, place } = report
    const text = JSON.stringify({ stop, entry, id, place, message, at: this.clock.now() })
    this.log.warn({ app: this.definition.name, stop, entry, event: id, place, ...report.facts }, message)
    const record = new Record(
      {
        ride: this.random.id(),
        hop: 0,
        type: 'metrobus.error',
        source: `/${this.definition.name}`,
        time: this.clock.now(),
        key: null,
        headers: {},
        correlationId: id,
        causationId: undefined,
        replay: 0,
        slip: '',
      },
      JSON.parse(text),
      undefined,
    )
    record.text = text
    this.outbox.output(this.#errors, record, text.length)
    this.schedule()
  }

  // --- time

  /** Sees to it that late attempts are found. One timer for all, and none while nothing runs; it keeps the process alive for those that wait for nothing else. */
  watchDeadlines(): void {
    if (this.#watchesDeadlines) return
    this.#watchesDeadlines = true
    this.clock.timer(50, () => {
      this.#watchesDeadlines = false
      if (this.failure === undefined && sweepDeadlines(this)) this.watchDeadlines()
    })
  }

  /** Lets attempts that wait for a limit start when a place or the next second comes. */
  wakeForLimit(stop: StopRuntime): void {
    const { limiter } = stop
    if (limiter === undefined || limiter.waiting === 0) return
    const waitMs = limiter.waitMs(this.clock.monotonic())
    if (waitMs === Infinity || stop.limitTimer !== undefined) return
    stop.limitTimer = this.clock.timer(waitMs, () => {
      stop.limitTimer = undefined
      this.admit(stop)
    })
  }

  /** A place of a limit is free: what waits for it starts after the present call, so that many do not become a deep stack. */
  admitSoon(stop: StopRuntime): void {
    if (stop.isAdmitting || stop.limiter === undefined || stop.limiter.waiting === 0) return
    stop.isAdmitting = true
    queueMicrotask(() => this.admit(stop))
  }

  /** Starts what a limit lets through. */
  admit(stop: StopRuntime): void {
    stop.isAdmitting = false
    if (this.isDraining) return
    for (const attempt of stop.limiter?.admit(this.clock.monotonic()) ?? [])
      if (!attempt.lane.isClosed) attempt.lane.letThrough(attempt)
    this.wakeForLimit(stop)
    this.schedule()
  }

  /** The stops, and the entries that read topics. */
  everyStop(): StopRuntime[] {
    return [...this.stops.values(), ...this.readers]
  }

  /** Every lane that this member has now. */
  *lanes(): Generator<Lane> {
    for (const stop of this.everyStop()) for (const lane of stop.lanes) if (lane !== undefined) yield lane
  }

  // --- idleness

  /** Every lane is at rest and every unit settled. */
  get isIdle(): boolean {
    if (!this.outbox.isIdle || this.#ready.length > 0) return false
    for (const lane of this.lanes()) {
      // A paused lane may not have begun; what waits in its topics is looked for there.
      if (!lane.isOpen && !lane.stop.isPaused) return false
      if (!lane.isIdle || lane.isReady) return false
    }
    return true
  }

  /** Resolves at the end of a turn that leaves everything at rest, or when the app has failed. */
  idle(): Promise<void> {
    return this.until(() => this.isIdle)
  }

  /** Resolves when no handler runs and every unit is settled, whatever waits; or when the app has failed. */
  drained(): Promise<void> {
    return this.until(() => {
      for (const lane of this.lanes()) if (lane.running.size > 0) return false
      return this.outbox.isIdle
    })
  }

  /** Resolves at the end of the first turn after which `holds` does, or when the app has failed. */
  until(holds: () => boolean): Promise<void> {
    if (this.failure !== undefined || holds()) return Promise.resolve()
    return new Promise((resolve) => {
      this.#watchers.push({ holds, resolve })
    })
  }

  #answerWatchers(): void {
    for (const watcher of this.#watchers.splice(0)) {
      if (this.failure !== undefined || watcher.holds()) watcher.resolve()
      else this.#watchers.push(watcher)
    }
  }
}
