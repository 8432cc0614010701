/**
 * The producer: a unit (batches, and what a group consumed) goes out as one transaction, or, without a transactional id, as
 * batches that a broker recognises when they are sent again. Its states are those of `producer-state.ts`.
 *
 * One unit at a time. A unit is begun when everything that belongs to it exists, so that no handler's time counts against the
 * transaction's timeout.
 */
import { MetrobusError } from '../../../errors/index.ts'
import type { Clock } from '../../../internal/platform/platform.ts'
import { refusal } from './cluster.ts'
import type { Cluster } from './cluster.ts'
import { endTxn } from './codec/end-txn.ts'
import { initProducerId } from './codec/init-producer-id.ts'
import type { InitProducerIdAnswer } from './codec/init-producer-id.ts'
import { txnOffsetCommit } from './codec/txn-offset-commit.ts'
import type { GroupMembership, Position } from './codec/txn-offset-commit.ts'
import { codeName, codes, isOfMember, isPassing, isSpoiling, isSuspecting } from './codes.ts'
import { deliver } from './delivery.ts'
import type { Delivery, Effort, Outgoing } from './delivery.ts'
import { Patience } from './patience.ts'
import { nobody, transitions } from './producer-state.ts'
import type { Identity, ProducerEvent, ProducerState } from './producer-state.ts'
import { stampBatch } from './records-encoder.ts'
import type { Api } from './wire.ts'

export interface ProducerOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  /** Undefined: idempotent, without transactions. */
  readonly transactionalId?: string
  /** The coordinator aborts a transaction that is open for longer. Default 60,000 ms. */
  readonly transactionTimeoutMs?: number
  /** How long a unit is tried before it is given up; at most half of the transaction's timeout. Default 30,000 ms. */
  readonly deliveryMs?: number
}

/** A finished batch that is not stamped yet; the producer stamps it. */
export interface UnitBatch extends Outgoing {
  /** Records in it. */
  readonly count: number
}

/** What is made visible together. */
export interface ProducerUnit {
  /** The order within a partition is kept. */
  readonly batches: readonly UnitBatch[]
  /** Only with a transactional id. */
  readonly offsets?: { readonly membership: GroupMembership; readonly positions: readonly Position[] }
}

/**
 * How a unit ended. `void`: nothing of it is or will be visible. `unknown`: either; `renew`, and then ask the group for its stable
 * offsets. Without a transactional id there is no `void`: some batches may be there.
 *
 * `because` of a void unit: the group knows the `member` otherwise; the `producer` has to go on with another epoch, or cannot (`renew` tells);
 * the cluster `refused` it, and the error says why; it was not acknowledged in `time`. Where it is `producer` or `time` the same unit
 * may be settled again.
 */
export type UnitEnd =
  | { readonly end: 'committed'; readonly offsets: readonly number[] }
  | {
      readonly end: 'void'
      readonly because: 'member' | 'producer' | 'refused' | 'time'
      readonly error: MetrobusError
    }
  /** `offsets`: where its batches are, visible or not. */
  | { readonly end: 'unknown'; readonly offsets: readonly number[]; readonly error: MetrobusError }

type Part = Exclude<Delivery, { readonly end: 'delivered' }>

export class Producer {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #transactionalId: string | null
  readonly #transactionTimeoutMs: number
  readonly #deliveryMs: number
  #state: ProducerState = 'nameless'
  #identity: Identity = nobody
  /** Next sequence number by `topic:partition`, of this identity. */
  readonly #sequences = new Map<string, number>()

  constructor({
    cluster,
    clock,
    transactionalId,
    transactionTimeoutMs = 60_000,
    deliveryMs = 30_000,
  }: ProducerOptions) {
    this.#cluster = cluster
    this.#clock = clock
    this.#transactionalId = transactionalId ?? null
    this.#transactionTimeoutMs = transactionTimeoutMs
    this.#deliveryMs = Math.min(deliveryMs, transactionTimeoutMs / 2)
  }

  get state(): ProducerState {
    return this.#state
  }

  get identity(): Identity {
    return this.#identity
  }

  /**
   * Takes the name: whoever had it before is fenced. Rejects with MB_KAFKA_UNREACHABLE or MB_KAFKA_NO_ANSWER when there was no answer in
   * time (it may be called again), with a `stop` error when the cluster bars this producer.
   */
  async open(): Promise<void> {
    this.#expect('nameless')
    await this.#name(nobody)
  }

  /**
   * Asks for a new epoch with the identity that it has. What was open is decided when it resolves. Rejects with
   * MB_KAFKA_FENCED when another producer of this name has taken over, else as `open`.
   */
  async renew(): Promise<void> {
    this.#expect('doubtful')
    // Without transactions nobody can take over, and a fresh identity is never refused.
    await this.#name(this.#transactionalId === null ? nobody : this.#identity)
  }

  /** Makes a unit visible and durable, all or nothing. Only when ready. */
  async settle(unit: ProducerUnit): Promise<UnitEnd> {
    this.#expect('ready')
    const isEmpty = unit.batches.length === 0 && (unit.offsets?.positions.length ?? 0) === 0
    if (isEmpty) return { end: 'committed', offsets: [] }
    this.#turn('begun')
    const effort: Effort = { patience: new Patience(this.#clock, this.#deliveryMs), given: false }
    const outgoing = unit.batches.map((batch) => this.#stamped(batch))
    if (this.#transactionalId === null) return this.#sent(await deliver(this.#cluster, null, outgoing, effort))
    const parts = await Promise.all([
      giveUpTogether(effort, deliver(this.#cluster, this.#transactionalId, outgoing, effort)),
      giveUpTogether(effort, this.#commitOffsets(this.#transactionalId, unit.offsets, effort)),
    ])
    const refused = parts.find((part) => part.end === 'refused') ?? parts.find((part) => part.end === 'late')
    if (refused !== undefined) return this.#abort(this.#transactionalId, refused)
    return this.#commit(this.#transactionalId, parts[0].end === 'delivered' ? parts[0].offsets : [])
  }

  #sent(delivery: Delivery): UnitEnd {
    if (delivery.end === 'delivered') {
      this.#turn('sent')
      return { end: 'committed', offsets: delivery.offsets }
    }
    // A refused batch leaves a hole in the sequence of its partition: only a new identity closes it.
    this.#turn('lost')
    return { end: 'unknown', offsets: [], error: delivery.error }
  }

  /** The positions of a unit, all in one question. */
  async #commitOffsets(transactionalId: string, offsets: ProducerUnit['offsets'], effort: Effort): Promise<Delivery> {
    if (offsets === undefined || offsets.positions.length === 0) return { end: 'delivered', offsets: [] }
    const { membership, positions } = offsets
    const question = { ...membership, transactionalId, identity: this.#identity, positions }
    for (;;) {
      const asked = await this.#ask('group', membership.group, txnOffsetCommit, question, effort.patience)
      if (!('answer' in asked)) {
        if (asked.error.family !== 'retry') return { end: 'refused', code: undefined, error: asked.error }
        if (effort.given || !(await effort.patience.again())) return { end: 'late', error: asked.error }
        continue
      }
      const failed = asked.answer.partitions.filter(({ errorCode }) => errorCode !== codes.NONE)
      const final = failed.find(({ errorCode }) => !isPassing(errorCode))
      const worst = final ?? failed[0]
      if (worst === undefined) return { end: 'delivered', offsets: [] }
      const error = refusal(txnOffsetCommit.name, worst.errorCode, `group "${membership.group}"`)
      if (final !== undefined) return { end: 'refused', code: final.errorCode, error }
      if (isMoved(worst.errorCode)) this.#cluster.forget('group', membership.group)
      if (effort.given || !(await effort.patience.again())) return { end: 'late', error }
    }
  }

  async #commit(transactionalId: string, offsets: readonly number[]): Promise<UnitEnd> {
    this.#turn('delivered')
    const ended = await this.#endTxn(transactionalId, true)
    if (ended.end === 'ended') return { end: 'committed', offsets }
    // Refused at the first time of asking, it was certainly not carried out.
    return ended.end === 'suspected' && !ended.mayHaveHappened
      ? { end: 'void', because: 'producer', error: ended.error }
      : { end: 'unknown', offsets, error: ended.error }
  }

  /** The commit was never asked for, so whatever becomes of the abort, the unit is void. */
  async #abort(transactionalId: string, part: Part): Promise<UnitEnd> {
    const code = part.end === 'refused' ? part.code : undefined
    const isSuspected = code !== undefined && isSuspecting(code)
    this.#turn(isSuspected ? 'suspected' : 'voided')
    if (!isSuspected) await this.#endTxn(transactionalId, false)
    return { end: 'void', because: causeOf(part), error: part.error }
  }

  /** Ends the transaction and takes the epoch of the next. The question names this transaction by its epoch, so it may be asked again. */
  async #endTxn(transactionalId: string, committed: boolean): Promise<TxnEnd> {
    const patience = new Patience(this.#clock, this.#deliveryMs)
    const question = { transactionalId, identity: this.#identity, committed }
    for (let mayHaveHappened = false; ;) {
      const asked = await this.#ask('transaction', transactionalId, endTxn, question, patience)
      let error: MetrobusError
      if ('answer' in asked) {
        const { errorCode, identity } = asked.answer
        if (errorCode === codes.NONE) {
          this.#take(identity)
          this.#turn('ended')
          return { end: 'ended' }
        }
        error = refusal(endTxn.name, errorCode, `"${transactionalId}"`)
        if (!isPassing(errorCode)) {
          this.#turn('suspected')
          return { end: 'suspected', error, mayHaveHappened }
        }
        if (isMoved(errorCode)) this.#cluster.forget('transaction', transactionalId)
      } else error = asked.error
      // A coordinator that could not write in time may still have written.
      mayHaveHappened = true
      if (error.family !== 'retry' || !(await patience.again())) return this.#lost(error)
    }
  }

  #lost(error: MetrobusError): TxnEnd {
    this.#turn('lost')
    return { end: 'lost', error }
  }

  async #name(identity: Identity): Promise<void> {
    const transactionalId = this.#transactionalId
    const question = { transactionalId, transactionTimeoutMs: this.#transactionTimeoutMs, identity }
    const patience = new Patience(this.#clock, namingMs)
    for (;;) {
      const asked = await this.#ask('transaction', transactionalId, initProducerId, question, patience)
      const error = 'answer' in asked ? this.#named(asked.answer) : asked.error
      if (error === undefined) return
      if (error.family !== 'retry' || !(await patience.again())) throw error
    }
  }

  /** Undefined when it has its name; an error that passes is asked again. */
  #named({ errorCode, identity }: InitProducerIdAnswer): MetrobusError | undefined {
    const name = this.#transactionalId ?? 'without a name'
    if (errorCode === codes.NONE) {
      this.#take(identity)
      this.#turn('named')
      return undefined
    }
    if (isPassing(errorCode)) {
      if (isMoved(errorCode) && this.#transactionalId !== null) this.#cluster.forget('transaction', name)
      return refusal(initProducerId.name, errorCode, `"${name}"`)
    }
    if (isSuspecting(errorCode) && this.#state === 'doubtful') {
      this.#turn('overtaken')
      return new MetrobusError('MB_KAFKA_FENCED', { producer: name, reason: codeName(errorCode) })
    }
    this.#turn('barred')
    return refusal(initProducerId.name, errorCode, `"${name}"`)
  }

  /** Asks the coordinator of `key`, any broker without one; a coordinator that does not answer is looked up anew. */
  async #ask<Question, Answer>(
    kind: 'group' | 'transaction',
    key: string | null,
    api: Api<Question, Answer>,
    question: Question,
    patience: Patience,
  ): Promise<{ readonly answer: Answer } | { readonly error: MetrobusError }> {
    try {
      if (key === null) return { answer: await this.#cluster.requestAny(api, question, patience.questionMs) }
      const node = await this.#cluster.coordinator(kind, key, patience.questionMs)
      return { answer: await this.#cluster.request(node, api, question, { timeoutMs: patience.questionMs }) }
    } catch (error) {
      if (!(error instanceof MetrobusError)) throw error
      if (key !== null && error.family === 'retry') this.#cluster.forget(kind, key)
      return { error }
    }
  }

  #take(identity: Identity): void {
    this.#identity = identity
    this.#sequences.clear()
  }

  #stamped({ topic, partition, batch, count }: UnitBatch): Outgoing {
    const key = `${topic}:${partition}`
    const baseSequence = this.#sequences.get(key) ?? 0
    this.#sequences.set(key, (baseSequence + count) % sequences)
    stampBatch(batch, { ...this.#identity, baseSequence, isTransactional: this.#transactionalId !== null })
    return { topic, partition, batch }
  }

  #expect(state: ProducerState): void {
    if (this.#state === state) return
    const fault = `the producer is ${this.#state} and not ${state}`
    throw new MetrobusError('MB_BUS_MISUSE', { bus: 'kafka', faults: [fault] })
  }

  #turn(event: ProducerEvent): void {
    const next = transitions[this.#state][event]
    if (next === undefined) {
      const fault = `a producer that is ${this.#state} was told "${event}"`
      throw new MetrobusError('MB_BUS_MISUSE', { bus: 'kafka', faults: [fault] })
    }
    this.#state = next
  }
}

/** A cluster makes its topic of transactions at the first of all names, and a coordinator that takes over reads it first. */
const namingMs = 30_000

/** A sequence number is an int32 that begins again at 0. */
const sequences = 2 ** 31

type TxnEnd =
  | { readonly end: 'ended' }
  | { readonly end: 'suspected'; readonly error: MetrobusError; readonly mayHaveHappened: boolean }
  | { readonly end: 'lost'; readonly error: MetrobusError }

/** One part that cannot be taken makes the tries of the others pointless. */
async function giveUpTogether(effort: Effort, part: Promise<Delivery>): Promise<Delivery> {
  const delivery = await part
  if (delivery.end !== 'delivered') effort.given = true
  return delivery
}

function causeOf(part: Part): 'member' | 'producer' | 'refused' | 'time' {
  if (part.end === 'late') return 'time'
  if (part.code === undefined) return 'refused'
  if (isSuspecting(part.code) || isSpoiling(part.code)) return 'producer'
  return isOfMember(part.code) ? 'member' : 'refused'
}

const isMoved = (code: number): boolean => code === codes.NOT_COORDINATOR || code === codes.COORDINATOR_NOT_AVAILABLE
