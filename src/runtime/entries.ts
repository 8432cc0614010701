/**
 * Where events come in: validates, keys, plots and gathers them. `send` is answered when its unit is durable; a source's batch and its position ride in one unit;
 * an emitted event rides in the unit of the event that caused it.
 *
 * Invariants:
 * - T1 A sender is answered only when the unit that holds its event is committed (I1).
 * - T2 Nobody who sends overtakes one who waits (`waiting-room.ts`).
 */
import { MetrobusError } from '../errors/index.ts'
import { noHeaders } from '../event/event.ts'
import { partitionOf } from '../event/partition.ts'
import { freezeDeep, nestingMax, Record } from '../event/record.ts'
import { currentScope } from '../internal/scope.ts'
import { nextStop } from '../itinerary/slip.ts'
import { validate, type Validated } from '../schema/validate.ts'
import { appFailed } from './app-failed.ts'
import type { Emission } from './attempt.ts'
import type { Pause } from './controls.ts'
import type { IngestBatch, IngestItem, Receipt, SendOptions, TopicDefinition } from './definition.ts'
import { checkEnvelope, checkUnitData, encodeData } from './encode.ts'
import type { Engine } from './engine.ts'
import { EntryRuntime } from './entry-runtime.ts'
import { type Fate, OutputQueue } from './outbox.ts'
import { keyOf } from './outcomes.ts'
import type { SeenIds } from './seen-ids.ts'
import { escapeId } from './sent-id.ts'
import type { StopRuntime } from './stop-runtime.ts'
import { WaitingRoom } from './waiting-room.ts'

/** A record and the queue that leads to its topic partition. */
export interface Emitted {
  readonly queue: OutputQueue
  readonly record: Record
}

interface Identity {
  readonly ride: string
  readonly correlationId: string | undefined
  readonly causationId: string | undefined
}

export class Entries {
  /** Where senders wait. */
  readonly room: WaitingRoom
  readonly #engine: Engine
  readonly #entries: Map<string, EntryRuntime> = new Map()
  readonly #topics: Map<
    string,
    { readonly definition: TopicDefinition; readonly queues: readonly OutputQueue[]; turn: number }
  > = new Map()
  readonly #idPrefix: string
  #made = 0
  accepted = 0
  duplicates = 0
  refused = 0

  constructor(engine: Engine, partitions: (topic: string) => number) {
    this.#engine = engine
    this.room = new WaitingRoom(engine)
    this.#idPrefix = engine.random.id()
    const { name, entries, publishes } = engine.definition
    for (const entry of entries) this.#entries.set(entry.name, new EntryRuntime(entry, name))
    for (const topic of publishes)
      this.#topics.set(topic.name, {
        definition: topic,
        queues: Array.from(
          { length: partitions(topic.name) },
          (_, partition) => new OutputQueue(topic.name, partition, false),
        ),
        turn: 0,
      })
  }

  /** The ids that `send` has seen, as they were when the app stopped. */
  async load(): Promise<void> {
    const { member } = this.#engine
    for (const { seen } of this.#entries.values()) seen.load(await member.load(seen.store, 0), member.name)
  }

  send(name: string, data: unknown, options: SendOptions | undefined): Promise<Receipt> {
    if (currentScope() !== undefined) return Promise.reject(new MetrobusError('MB_SEND_IN_STOP', { entry: name }))
    let entry: EntryRuntime
    try {
      entry = this.#entryNamed(name)
      this.#checkTaking(entry)
    } catch (error) {
      return Promise.reject(error)
    }
    const sending = this.#engine.tracing?.send(name, options?.headers)
    if (sending === undefined) return this.#sendInTurn(entry, data, options)
    const sent = this.#sendInTurn(entry, data, { ...options, headers: sending.headers })
    sent.then(
      ({ id }) => sending.sent(id),
      (error: unknown) => sending.failed(error),
    )
    return sent
  }

  #sendInTurn(entry: EntryRuntime, data: unknown, options: SendOptions | undefined): Promise<Receipt> {
    if (this.room.mustWait) return this.room.wait().then(() => this.#send(entry, data, options))
    return this.#send(entry, data, options)
  }

  #send(entry: EntryRuntime, data: unknown, options: SendOptions | undefined): Promise<Receipt> {
    const validated = this.#validate(entry, data)
    if (validated instanceof Promise) return validated.then((result) => this.#accept(entry, result, options))
    return this.#accept(entry, validated, options)
  }

  async ingest(name: string, batch: IngestBatch): Promise<{ readonly accepted: number; readonly refused: number }> {
    const entry = this.#entryNamed(name)
    do {
      this.#checkOpen()
      if (entry.pause !== undefined) await this.room.waitPaused()
      else if (this.room.mustWait) await this.room.wait()
    } while (entry.pause !== undefined)
    const results: (Validated | undefined)[] = []
    for (const item of batch.items) {
      const result = 'fault' in item ? undefined : this.#validate(entry, item.data)
      results.push(result instanceof Promise ? await result : result)
    }
    this.#checkOpen()
    const { outbox } = this.#engine
    let accepted = 0
    const emitted: Emitted[] = []
    for (const [index, item] of batch.items.entries()) {
      const fault = this.#ingestItem(entry, item, results[index], emitted)
      if (fault === undefined) accepted++
      else
        this.#engine.report({ entry: name, error: fault, ...(item.place === undefined ? {} : { place: item.place }) })
    }
    checkUnitData(
      emitted.map(({ record }) => record),
      name,
      0,
    )
    this.accepted += accepted
    this.refused += batch.items.length - accepted
    const { position } = batch
    await this.#committed(() => {
      for (const { queue, record } of emitted) outbox.output(queue, record, record.text?.length ?? 0)
      if (position !== undefined) outbox.change({ store: sourceStore(name), partition: 0, ...position })
    })
    return { accepted, refused: batch.items.length - accepted }
  }

  /** The entries that take nothing from senders and sources, by name; what stops emit goes in all the same, for its event was let in before. */
  pause(paused: ReadonlyMap<string, Pause>): void {
    for (const [name, entry] of this.#entries) entry.pause = paused.get(name)
    this.room.goOn()
  }

  /** The positions that `ingest` has committed, by key. */
  positions(name: string): Promise<ReadonlyMap<string, string>> {
    return this.#engine.member.load(sourceStore(this.#entryNamed(name).definition.name), 0)
  }

  /** An event that a handler emits. Throws what its entry or topic refuses. */
  emitted(stop: StopRuntime, { target, data, key, headers }: Emission, identity: Identity): Emitted {
    const engine = this.#engine
    if (target.kind === 'entry') {
      const entry = this.#entryNamed(target.name)
      const value = valueOf(this.#validate(entry, data), target.name)
      return this.#enter(entry, value, identity, headers === undefined ? {} : { headers }, key)
    }
    const topic = this.#topics.get(target.name)
    if (topic === undefined)
      throw new MetrobusError('MB_NOT_OWNER', { topic: target.name, app: engine.definition.name })
    const { definition, queues } = topic
    const value = valueOf(validate(definition.schema, data, definition.name), definition.name)
    const chosen =
      key === undefined
        ? definition.key === undefined
          ? null
          : keyOf(`topic "${definition.name}"`, definition.key as (data: unknown) => unknown, value)
        : key
    const record = new Record(
      {
        ...identity,
        hop: 0,
        type: definition.name,
        source: `/${engine.definition.name}/${stop.name}`,
        time: engine.clock.now(),
        key: chosen,
        headers: headers ?? noHeaders,
        replay: 0,
        slip: '',
      },
      value,
      undefined,
    )
    checkEnvelope(record, definition.name)
    record.text = encodeData(value, definition.name, engine.recordBytesMax)
    if (engine.freezes) freezeDeep(value, nestingMax)
    return {
      queue: queues[chosen === null ? topic.turn++ % queues.length : partitionOf(chosen, queues.length)]!,
      record,
    }
  }

  #checkOpen(): void {
    const { failure, isDraining, definition } = this.#engine
    if (failure !== undefined) throw appFailed(this.#engine)
    if (isDraining) throw new MetrobusError('MB_STOPPING', { app: definition.name })
  }

  /** As `#checkOpen`, for senders: a source waits for a paused entry, a sender is told. */
  #checkTaking({ definition, pause }: EntryRuntime): void {
    this.#checkOpen()
    if (pause === undefined) return
    const { since, reason = 'no reason was given' } = pause
    throw new MetrobusError('MB_ENTRY_PAUSED', {
      entry: definition.name,
      since: new Date(since).toISOString(),
      reason,
    })
  }

  #entryNamed(name: string): EntryRuntime {
    const entry = this.#entries.get(name)
    if (entry === undefined)
      throw new MetrobusError('MB_UNKNOWN_ENTRY', { entry: name, known: [...this.#entries.keys()] })
    return entry
  }

  #validate(entry: EntryRuntime, data: unknown): Validated | Promise<Validated> {
    const { schema } = entry
    return schema === undefined ? { value: data } : validate(schema, data, entry.definition.name)
  }

  #accept(entry: EntryRuntime, validated: Validated, options: SendOptions | undefined): Promise<Receipt> {
    const { definition, seen } = entry
    try {
      this.#checkTaking(entry)
      if (validated.issues !== undefined)
        throw new MetrobusError('MB_INVALID_EVENT', { entry: definition.name, issues: validated.issues })
      const given = options?.id
      if (given === undefined)
        return this.#gather(this.#enter(entry, validated.value, this.#newIdentity(), options, undefined))
      const ride = escapeId(given)
      const now = seen.time(this.#engine.clock)
      const earlier = seen.find(ride, now)
      if (earlier !== undefined) {
        this.duplicates++
        return earlier.then(() => ({ id: ride, duplicate: true }))
      }
      const emitted = this.#enter(
        entry,
        validated.value,
        { ride, correlationId: undefined, causationId: undefined },
        options,
        undefined,
      )
      // Before the event is gathered: a full unit is handed over at once, and takes the row along.
      const row = seen.add(ride, now)
      this.#engine.outbox.touchSeen(seen)
      row.durable = this.#gather(emitted, seen)
      return row.durable as Promise<Receipt>
    } catch (error) {
      this.refused++
      return Promise.reject(error)
    }
  }

  #newIdentity(): Identity {
    return {
      ride: `${this.#idPrefix}-${(this.#made++).toString(36)}`,
      correlationId: undefined,
      causationId: undefined,
    }
  }

  /** Builds the record of an event that enters: plotted, keyed, encoded. */
  #enter(
    entry: EntryRuntime,
    value: unknown,
    identity: Identity,
    options: SendOptions | undefined,
    emittedKey: string | null | undefined,
  ): Emitted {
    const engine = this.#engine
    const { definition } = entry
    const key =
      emittedKey !== undefined
        ? emittedKey
        : definition.key === undefined
          ? null
          : keyOf(`entry "${definition.name}"`, definition.key as (data: unknown) => unknown, value)
    const record = new Record(
      {
        ride: identity.ride,
        hop: 0,
        type: options?.type ?? definition.name,
        source: options?.source ?? entry.source,
        time: options?.time ?? engine.clock.now(),
        key,
        headers: options?.headers ?? noHeaders,
        correlationId: identity.correlationId,
        causationId: identity.causationId,
        replay: 0,
        slip: '',
      },
      value,
      undefined,
    )
    checkEnvelope(record, definition.name)
    record.text = encodeData(value, definition.name, engine.recordBytesMax)
    if (engine.freezes) freezeDeep(value, nestingMax)
    record.slip = definition.router.plot(value, record)
    const name = nextStop(record.slip) ?? ''
    const stop = engine.stopNamed(name)
    if (stop === undefined) throw new MetrobusError('MB_UNKNOWN_STOP', { stop: name, slip: record.slip })
    if (engine.slipGuard !== undefined) record.slip = engine.slipGuard.sign(record.slip, record.id, 0)
    const partition = key === null ? entry.turn++ % stop.partitions : partitionOf(key, stop.partitions)
    return { queue: stop.input[partition]!, record }
  }

  #gather({ queue, record }: Emitted, seen?: SeenIds): Promise<Receipt> {
    const bytes = record.text?.length ?? 0
    const { outbox } = this.#engine
    outbox.output(queue, record, bytes)
    this.room.enter(bytes)
    this.accepted++
    return new Promise((resolve, reject) => {
      const settled = (fate: Fate): void => {
        if (fate === 'failed') reject(appFailed(this.#engine))
        else if (fate === 'committed') {
          this.room.leave(bytes)
          resolve({ id: record.ride, duplicate: false })
        } else {
          // The unit was refused because of a lane that moved away, not because of this event: it rides in the next one.
          outbox.output(queue, record, bytes)
          if (seen !== undefined) {
            seen.again(record.ride)
            outbox.touchSeen(seen)
          }
          this.#answerBy(settled)
        }
      }
      this.#answerBy(settled)
    })
  }

  /** Gathers now, and again should the unit be refused; resolves when it is committed. */
  #committed(gather: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const settled = (fate: Fate): void => {
        if (fate === 'failed') return reject(appFailed(this.#engine))
        if (fate === 'committed') return resolve()
        gather()
        this.#answerBy(settled)
      }
      gather()
      this.#answerBy(settled)
    })
  }

  /** What was gathered rides in the next unit, `settled` is told how it ends; what comes next goes into another one when this one is ripe. */
  #answerBy(settled: (fate: Fate) => void): void {
    const { outbox } = this.#engine
    outbox.wait(settled)
    if (outbox.isRipe) outbox.flush()
    this.#engine.schedule()
  }

  /** Adds the event of an item, or answers why it cannot enter. */
  #ingestItem(
    entry: EntryRuntime,
    item: IngestItem,
    validated: Validated | undefined,
    emitted: Emitted[],
  ): string | MetrobusError | undefined {
    if ('fault' in item) return item.fault
    if (validated?.issues !== undefined)
      return new MetrobusError('MB_INVALID_EVENT', { entry: entry.definition.name, issues: validated.issues })
    try {
      const identity = { ride: escapeId(item.id), correlationId: undefined, causationId: undefined }
      const headers = this.#engine.tracing?.create(entry.definition.name, item.headers) ?? item.headers
      emitted.push(
        this.#enter(entry, validated?.value, identity, headers === undefined ? undefined : { headers }, undefined),
      )
      return undefined
    } catch (error) {
      return error as MetrobusError
    }
  }
}

/** The state table of a source's positions. */
function sourceStore(entry: string): string {
  return `source/${entry}`
}

function valueOf(validated: Validated | Promise<Validated>, where: string): unknown {
  if (validated instanceof Promise) throw new MetrobusError('MB_ASYNC_SCHEMA', { where })
  if (validated.issues !== undefined)
    throw new MetrobusError('MB_INVALID_EVENT', { entry: where, issues: validated.issues })
  return validated.value
}
