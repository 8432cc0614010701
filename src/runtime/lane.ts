/**
 * One stop in one partition: takes records from the bus, hands them to the handler, and sees to it that events of one key are handled one at a time
 * and in order, while other keys go on.
 *
 * Invariants:
 * - N1 At most one attempt of a key runs; the next starts when the outcome before it is decided (I3).
 * - N2 No record is handled before the park table of the partition is loaded.
 * - N3 What is held in memory stays within `heldMax`; beyond, the events of the most crowded key move to the parking topic (`parking.ts`).
 * - N4 A record is acknowledged in the unit that holds what it caused, and nowhere else (I6).
 */
import { MetrobusError } from '../errors/index.ts'
import type { Record } from '../event/record.ts'
import { loopCells, stopCell } from '../internal/loop-cells.ts'
import { Roster } from '../internal/roster.ts'
import { callInScope, runInScope } from '../internal/scope.ts'
import { isThenable } from '../internal/thenable.ts'
import type { Metric } from '../telemetry/metric.ts'
import type { Labels } from '../telemetry/reading.ts'
import { Attempt } from './attempt.ts'
import { Batch } from './batch.ts'
import type { Engine } from './engine.ts'
import { Feed } from './feed.ts'
import { KeyState, stateKey } from './key-state.ts'
import { complete } from './outcomes.ts'
import { heldMax, Parking } from './parking.ts'
import type { StopRuntime } from './stop-runtime.ts'
import type { NamedPartition } from './stores.ts'
import type { Tenure } from './tenure.ts'
import { trace } from './traced.ts'

/** Records of one poll: what they add to the held ones is less than moving a crowded key away makes room for. */
const pollMax = heldMax / 4

/** A promise that handlers gave one after the other, and whose attempts it answers. */
interface Shared {
  readonly promise: PromiseLike<unknown>
  readonly attempts: Attempt[]
}

export class Lane {
  readonly engine: Engine
  readonly tenure: Tenure
  readonly stop: StopRuntime
  readonly partition: number
  readonly input: Feed
  readonly parked: Feed
  readonly parking: Parking
  readonly keys: Map<string, KeyState> = new Map()
  /** Attempts whose handler has not answered yet. */
  readonly running: Roster<Attempt> = new Roster()
  readonly batch: Batch | undefined
  /** The attempt that was launched last, for the watchdog. */
  present: Attempt | undefined = undefined
  /** Records waiting behind a busy key. */
  held = 0
  /** Monotonic time when the last handler answered, which is when the next one starts: reading the clock once an event, not twice. */
  now = 0
  /** The stop's stores in this partition, set when they are read to the end. */
  stores: readonly NamedPartition[] = []
  /** Keys whose turn has come. */
  readonly turns: KeyState[] = []
  #shared: Shared | undefined = undefined
  /** In the engine's list of lanes with something to do. */
  isQueued = false
  isLoaded = false
  /** The park table is loaded and nothing forbids handling. */
  isOpen = false
  /** Revoked or reset: outcomes of its attempts are discarded. */
  isClosed = false

  constructor(engine: Engine, tenure: Tenure, input: Feed, parked: Feed) {
    const { stop, partition } = tenure
    this.engine = engine
    this.tenure = tenure
    this.stop = stop
    this.partition = partition
    this.input = input
    this.parked = parked
    input.lane = this
    parked.lane = this
    this.parking = new Parking(this)
    this.batch = stop.definition.batch === undefined ? undefined : new Batch(this, stop.definition.batch)
  }

  get isReady(): boolean {
    return (
      this.isOpen &&
      this.hasRoom &&
      !this.isClosed &&
      !this.stop.isPaused &&
      !this.engine.isDraining &&
      !this.engine.isQuiet &&
      (this.input.isReady || this.parked.isReady || this.turns.length > 0)
    )
  }

  get hasRoom(): boolean {
    return this.running.size < this.stop.limits.concurrency && this.held < heldMax
  }

  /** Nothing runs, waits or is at hand. */
  get isIdle(): boolean {
    if (this.running.size > 0) return false
    for (const state of this.keys.values()) if (state.row === undefined || !state.row.isHeld) return false
    return true
  }

  /** Takes and starts what the bus has, as far as there is room. Parked events come first: they are older. */
  pump(): void {
    if (!this.isOpen || this.isClosed || this.stop.isPaused || this.engine.isDraining || this.engine.isQuiet) return
    this.now = this.engine.clock.monotonic()
    if (this.turns.length > 0) runInScope(this, () => this.#takeTurns())
    if (this.parked.isReady) this.#take(this.parked)
    if (this.input.isReady) this.#take(this.input)
  }

  #takeTurns(): void {
    const { concurrency } = this.stop.limits
    for (let left = this.turns.length; left > 0 && this.running.size < concurrency; left--)
      this.parking.next(this.turns.shift()!)
  }

  #take(feed: Feed): void {
    if (!this.hasRoom) return
    let room = Math.min(pollMax, this.stop.limits.concurrency - this.running.size)
    if (feed.limit !== Infinity) room = feed.left(feed.limit, room)
    if (room === 0) {
      feed.isReady = false
      return
    }
    const records = this.engine.member.poll(feed.topic, feed.partition, {
      recordsMax: room,
      ahead: !this.stop.definition.hasEffects && feed.limit === Infinity,
    })
    if (records.length < room) feed.isReady = false
    if (this.stop.hasOwnScope) this.#acceptAll(feed, records)
    else if (records.length > 0) runInScope(this, () => this.#acceptAll(feed, records))
    if (this.held >= heldMax) this.parking.relieve()
  }

  #acceptAll(feed: Feed, records: readonly Record[]): void {
    for (let index = 0; index < records.length; index++) this.#accept(feed, records[index]!)
  }

  #accept(feed: Feed, record: Record): void {
    const { offset } = record
    if (offset > feed.next) feed.acks.addRange(feed.next, offset)
    feed.next = offset + 1
    if (feed.isTracked) {
      if (feed.held.has(offset) || feed.acks.has(offset)) return
      feed.held.add(offset)
    }
    const state = this.keys.size === 0 ? undefined : this.keys.get(stateKey(record))
    if (state === undefined) this.start(feed, record, undefined)
    else this.parking.arrive(state, feed, record)
  }

  /** Begins an attempt. `state` is the key's, when it has one. */
  start(feed: Feed, record: Record, state: KeyState | undefined): void {
    if (this.stop.precedence?.waits(this, record) === true) {
      this.stateOf(record, state).wait({ feed, record }, true)
      this.held++
      return
    }
    const tries = state?.row === undefined ? 1 : state.row.attempts + 1
    const attempt = new Attempt(this, feed, record, state, tries, this.now)
    if (state !== undefined) state.running = attempt
    let mayRun = true
    try {
      // Before a limit looks at the data: what was looked at is taken for what this process made.
      this.engine.checkArrival(attempt)
      mayRun = this.stop.limiter?.enter(attempt, attempt.startedAt) ?? true
    } catch (error) {
      // It does not fit, or the user's `by` has thrown.
      this.#count(attempt)
      this.rejected(attempt, error)
      return
    }
    if (!mayRun) {
      this.#hold(attempt)
      this.engine.wakeForLimit(this.stop)
    } else this.admitted(attempt)
  }

  /** A limit lets an attempt go on that has waited for it: its time begins now, for what it has waited is no part of its deadline. */
  letThrough(attempt: Attempt): void {
    attempt.startedAt = this.now = this.engine.clock.monotonic()
    this.admitted(attempt)
  }

  /** The attempt has a place of every limit: its batch or its handler takes it. */
  admitted(attempt: Attempt): void {
    this.#count(attempt)
    if (this.batch === undefined) return this.launch(attempt)
    this.#hold(attempt)
    this.batch.add(attempt)
  }

  /** Each event once, however often it is tried, or found too early: the row of its key then says when it is due. */
  #count({ attempt, state }: Attempt): void {
    if (attempt === 1 && !((state?.row?.due ?? 0) > 0)) this.stop.counters.in++
  }

  /** The app stops, or the partition goes: what has been gathered runs now, if ever, and what only waits for a limit will come again. Nobody waits for that. */
  drain(): void {
    this.batch?.run()
    for (const attempt of this.stop.limiter?.forget(this) ?? []) this.running.delete(attempt)
  }

  /** The stop is paused: what has been gathered runs now, what only waits for a limit waits with its key, and others do not wait for what would run again. */
  holdBack(): void {
    this.batch?.run()
    for (const attempt of this.stop.limiter?.forget(this) ?? []) {
      const { feed, record } = attempt
      const state = attempt.state!
      this.running.delete(attempt)
      state.running = undefined
      state.wait({ feed, record }, true)
      this.held++
      this.engine.runnable(this, state)
    }
    this.stop.precedence?.giveWay(this)
  }

  /** Runs the handler of an attempt that holds what it needs. */
  launch(attempt: Attempt): void {
    let result: unknown
    this.present = attempt
    loopCells[stopCell] = this.stop.number
    if (this.engine.tracing !== undefined) trace(attempt)
    try {
      result = this.#call(attempt)
    } catch (error) {
      loopCells[stopCell] = 0
      this.rejected(attempt, error)
      return
    }
    loopCells[stopCell] = 0
    if (isThenable(result)) this.#await(attempt, result)
    else this.resolved(attempt, result)
  }

  #call(attempt: Attempt): unknown {
    const { run, hasOwnScope } = this.stop
    const { handling, record } = attempt
    // Inside the scope, which begins outside of everything.
    const call: typeof run = handling === undefined ? run : (data, context) => handling.run(() => run(data, context))
    return hasOwnScope ? callInScope(attempt, call, record.data) : call(record.data, attempt)
  }

  #await(attempt: Attempt, result: PromiseLike<unknown>): void {
    this.#hold(attempt)
    attempt.deadlineAt = attempt.startedAt + this.stop.definition.policy.deadlineMs
    this.engine.watchDeadlines()
    // A sink gives one promise to all that ride in one write, and hears of it once.
    if (result === this.#shared?.promise) {
      this.#shared.attempts.push(attempt)
      return
    }
    const shared = { promise: result, attempts: [attempt] }
    // A thenable that is no promise may do something each time that it is asked.
    if (result instanceof Promise) this.#shared = shared
    result.then(
      (value) => {
        const attempts = this.#answered(shared)
        for (let index = 0; index < attempts.length; index++) this.resolved(attempts[index]!, value)
      },
      (error: unknown) => {
        const attempts = this.#answered(shared)
        for (let index = 0; index < attempts.length; index++) this.rejected(attempts[index]!, error)
      },
    )
  }

  /** Whom a promise answers. Who is given it from now on hears of it by itself. */
  #answered(shared: Shared): readonly Attempt[] {
    if (this.#shared === shared) this.#shared = undefined
    return shared.attempts
  }

  /** Counts an attempt as running and makes its key wait for it. */
  #hold(attempt: Attempt): void {
    this.running.add(attempt)
    attempt.state = this.stateOf(attempt.record, attempt.state)
    attempt.state.running = attempt
  }

  /** The state of the record's key: `state`, when it has one, or a new one. */
  stateOf(record: Record, state: KeyState | undefined): KeyState {
    if (state !== undefined) return state
    const made = new KeyState(stateKey(record))
    this.keys.set(made.key, made)
    return made
  }

  /** The handler has answered. */
  resolved(attempt: Attempt, result: unknown): void {
    if (!this.#over(attempt)) return
    if (attempt.isLate) {
      this.parking.fail(
        attempt,
        new MetrobusError('MB_DEADLINE', { stop: this.stop.name, deadlineMs: this.stop.definition.policy.deadlineMs }),
      )
      return
    }
    if (attempt.kept?.isStale === true) {
      this.#again(attempt)
      return
    }
    try {
      complete(attempt, result)
    } catch (error) {
      this.parking.fail(attempt, error)
      return
    }
    this.finished(attempt)
  }

  /** The event is handled once more, as the same try: another stop has changed what the handler has read. Only a handler that was waited for meets that, and it holds its key. */
  #again({ feed, record, state, handling }: Attempt): void {
    handling?.end()
    if (!this.stop.isPaused) this.stop.precedence!.claim(this, record)
    state!.wait({ feed, record }, true)
    this.held++
    this.engine.runnable(this, state!)
  }

  /** The handler has thrown or rejected. */
  rejected(attempt: Attempt, error: unknown): void {
    if (!this.#over(attempt)) return
    this.parking.fail(
      attempt,
      attempt.isLate
        ? new MetrobusError(
            'MB_DEADLINE',
            { stop: this.stop.name, deadlineMs: this.stop.definition.policy.deadlineMs },
            { cause: error },
          )
        : error,
    )
  }

  /** Ends the attempt; false when its outcome no longer counts. */
  #over(attempt: Attempt): boolean {
    // It was stuck, was given up, and answers after all.
    if (attempt.isOver) return false
    attempt.isOver = true
    this.now = this.engine.clock.monotonic()
    attempt.durationMs = this.now - attempt.startedAt
    this.stop.counters.duration.add(attempt.durationMs)
    if (attempt.state !== undefined) {
      this.running.delete(attempt)
      attempt.state.running = undefined
      this.engine.wake(this)
    }
    this.giveBack(attempt)
    attempt.kept?.release()
    if (this.isClosed) attempt.handling?.end()
    this.stop.precedence?.release(this, attempt.record)
    // Nobody takes a turn of a closed lane, but somebody may wait for its handlers.
    if (this.isClosed) this.engine.schedule()
    return !this.isClosed
  }

  /** The places of limits that the attempt holds are for others. */
  giveBack(attempt: Attempt): void {
    if (this.stop.limiter === undefined) return
    this.stop.limiter.leave(attempt, this.now)
    this.engine.admitSoon(this.stop)
  }

  /** The event is settled: acknowledges it, and lets the next of its key go on. */
  finished(attempt: Attempt): void {
    const { feed, record, state } = attempt
    this.engine.outbox.acknowledge(feed, record.offset)
    attempt.handling?.end()
    if (feed.isTracked) feed.held.delete(record.offset)
    if (state !== undefined) this.parking.settled(state, feed, record.offset)
    // Many that end in one turn are more than one unit may hold.
    if (this.engine.outbox.isRipe) this.engine.outbox.flush()
  }

  /** A measurement of a handler; what is wrong with it stops no event. */
  measure(attempt: Attempt, metric: Metric, value: number, labels: Labels | undefined): void {
    try {
      this.engine.meter.measure(metric, value, labels)
    } catch (error) {
      this.report(attempt, error)
    }
  }

  /** Writes a failure that does not stop the event to the error log. */
  report(attempt: Attempt, error: unknown): void {
    this.engine.report({ stop: this.stop.name, id: attempt.record.id, facts: attempt.facts, error })
  }
}
