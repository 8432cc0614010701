/**
 * Parking: a failing event parks its key at its stop and nothing else. Every failure writes a row of the park table in the next unit, so that attempts are counted
 * across restarts. A short wait stays in memory; when the wait is long or memory is short, the key's events move in one unit to the
 * stop's parking topic, and arrivals follow them there, so that the watermark of the input goes on.
 *
 * Invariants:
 * - P1 While a key has events in the parking topic (`count` > 0), every later event of it goes there too: the order holds.
 * - P2 The row changes in the unit that moves, settles or fails the event that it speaks of.
 * - P3 The last parked acknowledgement deletes the row in its own unit.
 * - P4 Parked events wait for the older event of their key that ran, in the input, when they moved (`head`).
 * - P5 A record let go from memory (`dropped`) is read again before any later one of its key.
 */
import { isMetrobusError } from '../errors/index.ts'
import type { Record } from '../event/record.ts'
import type { Attempt } from './attempt.ts'
import { causeOf, deadLetterOf, isWorthRetrying, messageOf } from './dead-letter.ts'
import type { Feed } from './feed.ts'
import { decodeRow, KeyState, type ParkRow, type Waiting } from './key-state.ts'
import type { Lane } from './lane.ts'
import { Retrying, TooEarly } from './retrying.ts'

/** Records a lane may hold behind busy keys. */
export const heldMax = 1024

/** Waits up to this long stay in memory; longer ones move the key to the parking topic. */
const shortWaitMs = 5_000

export class Parking {
  readonly #lane: Lane

  constructor(lane: Lane) {
    this.#lane = lane
  }

  /** Takes over the rows that an earlier owner left. */
  load(rows: ReadonlyMap<string, string>): void {
    const { keys, engine, stop } = this.#lane
    const now = engine.clock.now()
    for (const [name, text] of rows) {
      const state = new KeyState(name)
      const row = decodeRow(text)
      state.row = row
      if (row.head >= 0 && this.#lane.input.acks.has(row.head)) row.head = -1
      // A wait is never longer than the policy's longest, whatever the wall clock did in between.
      const waitMs = Math.min(
        Math.max(0, row.due - now),
        Math.max(stop.definition.policy.backoffMaxMs, shortWaitMs) * 2,
      )
      keys.set(state.key, state)
      stop.counters.parkedKeys++
      if (row.isHeld) state.dueAt = Infinity
      else this.#wait(state, waitMs)
    }
  }

  /** A record of a key that is busy or parked. */
  arrive(state: KeyState, feed: Feed, record: Record): void {
    const lane = this.#lane
    const { row } = state
    if (!feed.isParking && row !== undefined && row.count > 0) {
      if (record.offset !== row.head) {
        this.#move(state, [{ feed, record }])
        return
      }
      state.wait({ feed, record }, true)
      lane.held++
      if (state.running === undefined && state.dueAt <= 0) lane.engine.runnable(lane, state)
      return
    }
    if (state.dropped >= 0) {
      if (record.offset > state.dropped) {
        feed.held.delete(record.offset)
        return
      }
      state.dropped = -1
    }
    state.wait({ feed, record })
    lane.held++
    if (state.running === undefined && state.dueAt <= 0) lane.engine.runnable(lane, state)
  }

  /** The key's turn: starts its oldest event, or reads it again. */
  next(state: KeyState): void {
    const lane = this.#lane
    if (state.running !== undefined || state.dueAt > 0 || lane.isClosed) return
    const isBehindHead = state.row !== undefined && state.row.head >= 0
    if (isBehindHead && (state.queue.length === 0 || state.queue[0]!.feed.isParking)) return
    const waiting = state.queue.length === 0 ? undefined : state.queue.shift()
    if (waiting !== undefined) {
      lane.held--
      lane.start(waiting.feed, waiting.record, state)
    } else if (state.dropped >= 0) {
      const { parked, engine } = lane
      parked.isReady = true
      // Never forward: what another key waits for may not have been read again yet.
      if (state.dropped < parked.next) {
        parked.next = state.dropped
        engine.member.rewind(parked.topic, parked.partition, state.dropped)
      }
      engine.wake(lane)
    } else this.#forgetKey(state)
  }

  /** The oldest event of the key is settled: forgets its failures and lets the next one go on. */
  settled(state: KeyState, feed: Feed, offset: number): void {
    const lane = this.#lane
    const { row } = state
    if (row !== undefined) {
      if (feed.isParking) row.count--
      else if (row.head === offset) row.head = -1
      row.attempts = 0
      row.firstFailure = 0
      row.due = 0
      if (row.count <= 0 && !row.isHeld) this.#forget(state)
      this.#touch(state)
    }
    if (state.isIdle) this.#forgetKey(state)
    else lane.engine.runnable(lane, state)
  }

  /** Decides what follows an attempt that came to nothing: another try later, or a dead letter. */
  fail(attempt: Attempt, error: unknown): void {
    const lane = this.#lane
    if (error instanceof TooEarly) {
      attempt.handling?.end()
      lane.stop.counters.waited++
      const state = this.#stateOf(attempt)
      // What had failed before is still counted.
      const row = this.#rowOf(state)
      this.#touch(state)
      this.#later(attempt, state, row, error.afterMs)
      return
    }
    attempt.handling?.end({ error, type: causeOf(error) })
    if (isMetrobusError(error) && error.family === 'stop') {
      // Not the event's fault: giving up one event after the other would empty the topic into the dead letters.
      lane.engine.fail(error)
      return
    }
    const { policy } = lane.stop.definition
    const now = lane.engine.clock.now()
    const state = this.#stateOf(attempt)
    const row = this.#rowOf(state)
    row.attempts = attempt.attempt
    if (row.firstFailure === 0) row.firstFailure = now
    this.#touch(state)
    if (attempt.attempt >= policy.attempts || !isWorthRetrying(policy, error)) {
      this.#giveUp(attempt, state, row, error)
      return
    }
    lane.stop.counters.retry(causeOf(error))
    const waitMs =
      error instanceof Retrying && error.afterMs !== undefined ? error.afterMs : this.#backoff(attempt.attempt)
    this.#later(attempt, state, row, waitMs)
  }

  /** The event stays the first of its key, which goes on with it after so long. */
  #later({ feed, record }: Attempt, state: KeyState, row: ParkRow, waitMs: number): void {
    row.due = this.#lane.engine.clock.now() + waitMs
    state.wait({ feed, record }, true)
    this.#lane.held++
    this.#wait(state, waitMs)
    if (waitMs > shortWaitMs) this.#moveQueue(state)
  }

  /** Makes room: the most crowded key moves to the parking topic, or lets go of what can be read again from there. */
  relieve(): void {
    const lane = this.#lane
    while (lane.held > heldMax / 2) {
      let crowded: KeyState | undefined
      for (const state of lane.keys.values())
        if (crowded === undefined || state.queue.length > crowded.queue.length) crowded = state
      if (crowded === undefined || crowded.queue.length === 0) return
      const before = lane.held
      if (crowded.queue[0]!.feed.isParking) this.#drop(crowded)
      else this.#moveQueue(crowded)
      if (lane.held === before) return
    }
  }

  /** An operator has decided about the dead letter that held the key: that goes with the unit that is being gathered, and `letGo` follows when it is committed. */
  release(key: string): boolean {
    const state = this.#lane.keys.get(key)
    if (state?.row === undefined || !state.row.isHeld) return false
    state.row.isHeld = false
    if (state.row.count <= 0) this.#forget(state)
    this.#touch(state)
    return true
  }

  /** The key is no longer held, for good: should the next event kill the process, the decision is not asked for again. */
  letGo(key: string): void {
    const state = this.#lane.keys.get(key)
    if (state?.dueAt !== Infinity || state.row?.isHeld === true) return
    state.dueAt = 0
    this.#lane.engine.runnable(this.#lane, state)
  }

  #giveUp(attempt: Attempt, state: KeyState, row: ParkRow, error: unknown): void {
    const lane = this.#lane
    const { engine, stop } = lane
    const record = deadLetterOf(attempt, error, row.firstFailure, engine.clock.now(), engine.definition.codeVersion)
    engine.outbox.output(stop.dead[lane.partition]!, record, attempt.record.home?.length ?? 0)
    engine.ended(attempt, 'dead')
    stop.counters.die(causeOf(error))
    if (stop.definition.policy.whenDeadLettered === 'holdKey' && attempt.record.key !== null) {
      row.isHeld = true
      state.dueAt = Infinity
    } else state.dueAt = 0
    lane.finished(attempt)
    // Last: where the log sends events, a unit may be handed over in it.
    engine.log.warn({ ...attempt.facts, attempts: attempt.attempt, error: messageOf(error) }, 'dead letter')
  }

  /** Moves everything that waits behind the key to the parking topic, and with it every later arrival (P1). */
  #moveQueue(state: KeyState): void {
    const row = this.#rowOf(state)
    const { running } = state
    if (running !== undefined && !running.feed.isParking) row.head = running.record.offset
    const queue = state.queue
    state.queue = []
    const moved: Waiting[] = []
    for (const waiting of queue) {
      if (waiting.feed.isParking) this.#let(state, waiting.feed, waiting.record.offset)
      else if (waiting.record.offset === row.head) state.queue.push(waiting)
      else moved.push(waiting)
    }
    this.#lane.held -= moved.length
    this.#move(state, moved)
  }

  #move(state: KeyState, moved: readonly Waiting[]): void {
    const lane = this.#lane
    const { outbox } = lane.engine
    const row = this.#rowOf(state)
    for (const { feed, record } of moved) {
      outbox.output(lane.stop.parking[lane.partition]!, record.copy(), record.home?.length ?? 0)
      outbox.acknowledge(feed, record.offset)
      if (feed.isTracked) feed.held.delete(record.offset)
      row.count++
      this.#touch(state)
      // A crash between two units leaves the rest in the input, from where it follows.
      if (outbox.isRipe) outbox.flush()
    }
    this.#touch(state)
  }

  /** Lets go of records that can be read again from the parking topic. */
  #drop(state: KeyState): void {
    const queue = state.queue
    state.queue = []
    for (const { feed, record } of queue) this.#let(state, feed, record.offset)
  }

  #let(state: KeyState, feed: Feed, offset: number): void {
    feed.held.delete(offset)
    this.#lane.held--
    if (state.dropped < 0 || offset < state.dropped) state.dropped = offset
  }

  #wait(state: KeyState, waitMs: number): void {
    const { engine } = this.#lane
    state.dueAt = engine.clock.monotonic() + waitMs
    engine.wakeUps.add(state.dueAt, this.#lane, state)
  }

  #backoff(attempts: number): number {
    const { policy } = this.#lane.stop.definition
    const plain = Math.min(policy.backoffMaxMs, policy.backoffFirstMs * policy.backoffFactor ** (attempts - 1))
    return plain * (1 + policy.jitter * (this.#lane.engine.random.next() * 2 - 1))
  }

  #stateOf(attempt: Attempt): KeyState {
    attempt.state = this.#lane.stateOf(attempt.record, attempt.state)
    return attempt.state
  }

  #rowOf(state: KeyState): ParkRow {
    if (state.row === undefined) {
      state.row = { attempts: 0, firstFailure: 0, due: 0, count: 0, head: -1, isHeld: false }
      this.#lane.stop.counters.parkedKeys++
    }
    return state.row
  }

  #forget(state: KeyState): void {
    state.row = undefined
    this.#lane.stop.counters.parkedKeys--
  }

  /** Nothing speaks of the key any more. A turn that was asked for may come when the key is forgotten and known anew: that one stays. */
  #forgetKey(state: KeyState): void {
    const { keys } = this.#lane
    if (state.isIdle && keys.get(state.key) === state) keys.delete(state.key)
  }

  /** The row rides with the position of its partition, though that may stand still: a bus tells by it whether this member may still speak for the key. */
  #touch(state: KeyState): void {
    const {
      engine: { outbox },
      input,
    } = this.#lane
    outbox.touchRow(this.#lane, state)
    outbox.touch(input)
  }
}
