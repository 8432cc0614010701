/**
 * What operators do with events given up: list, group, show, replay, discard. A dead letter is settled in the same unit that replays or discards it, so
 * each goes once, also when two operators replay the same filter at once.
 */
import type { BusInspector } from '../bus/bus.ts'
import { MetrobusError } from '../errors/index.ts'
import { freezeDeep, type Record } from '../event/record.ts'
import { appFailed } from './app-failed.ts'
import { encodeData } from './encode.ts'
import { endsOf } from './ends.ts'
import type { Engine } from './engine.ts'
import { describe, fits, type Letter, placeOf, withoutFailure } from './letter.ts'
import type { DeadLetterFilter, DeadLetterRecord, DeadLetters, DryRun } from './running.ts'

const pageMax = 1_000
const readMax = 256
/** Looked again after so long, while a lane is being made anew. */
const againMs = 10

export class DeadLetterOffice implements DeadLetters {
  readonly #engine: Engine
  readonly #inspector: BusInspector

  constructor(engine: Engine, inspector: BusInspector) {
    this.#engine = engine
    this.#inspector = inspector
  }

  async list(
    filter: DeadLetterFilter = {},
    page: { readonly after?: string; readonly countMax?: number } = {},
  ): Promise<readonly DeadLetterRecord[]> {
    const countMax = Math.min(page.countMax ?? 100, pageMax)
    const found: DeadLetterRecord[] = []
    let isBehind = page.after === undefined
    for await (const letter of this.#letters(filter)) {
      if (isBehind) found.push(describe(letter, this.#state(letter)))
      else if (placeOf(letter) === page.after) isBehind = true
      if (found.length >= countMax) break
    }
    return found
  }

  async groups(filter: DeadLetterFilter = {}): ReturnType<DeadLetters['groups']> {
    const groups = new Map<
      string,
      { fingerprint: string; stop: string; cause: string; message: string; count: number; first: number; last: number }
    >()
    for await (const letter of this.#letters(filter)) {
      const { fingerprint, stop, cause, message, firstFailure, lastFailure } = describe(letter, 'waiting')
      const group = groups.get(fingerprint)
      if (group === undefined)
        groups.set(fingerprint, { fingerprint, stop, cause, message, count: 1, first: firstFailure, last: lastFailure })
      else {
        group.count++
        group.first = Math.min(group.first, firstFailure)
        group.last = Math.max(group.last, lastFailure)
      }
    }
    return [...groups.values()].sort((one, other) => other.count - one.count)
  }

  async show(place: string): Promise<DeadLetterRecord | undefined> {
    const letter = await this.#at(place)
    return letter === undefined ? undefined : describe(letter, this.#state(letter))
  }

  async replay(
    filter: DeadLetterFilter,
    options: NonNullable<Parameters<DeadLetters['replay']>[1]> = {},
  ): Promise<number> {
    if (options.data !== undefined && filter.place === undefined)
      throw new MetrobusError('MB_BAD_OPTIONS', { what: 'The replay', faults: ['new data needs one place'] })
    const letters: Letter[] = []
    for await (const letter of this.#letters(filter)) letters.push(letter)
    const { clock } = this.#engine
    const begun = clock.monotonic()
    let done = 0
    for (const [index, letter] of letters.entries()) {
      if (options.signal?.aborted === true) break
      if (options.ratePerSecond !== undefined) {
        const waitMs = begun + (index * 1000) / options.ratePerSecond - clock.monotonic()
        if (waitMs > 0) await new Promise<void>((resolve) => clock.timer(waitMs, resolve))
      }
      if (await this.#replayOne(letter, options.data)) done++
      options.progress?.(index + 1, letters.length)
    }
    return done
  }

  async discard(filter: DeadLetterFilter, reason: string): Promise<number> {
    if (reason.trim() === '')
      throw new MetrobusError('MB_BAD_OPTIONS', { what: 'The discard', faults: ['a reason is needed'] })
    let done = 0
    const letters: Letter[] = []
    for await (const letter of this.#letters(filter)) letters.push(letter)
    for (const letter of letters) {
      if (!this.#claim(letter)) continue
      this.#engine.log.info({ stop: letter.stop.name, event: letter.record.id, reason }, 'dead letter discarded')
      await this.#settle(letter, () => {
        this.#engine.endedAt(letter.stop, letter.partition, letter.record, letter.record.slip, `discarded:${reason}`)
      })
      done++
    }
    return done
  }

  async dryRun(place: string, { data }: { readonly data?: unknown } = {}): Promise<DryRun> {
    const letter = await this.#at(place)
    if (letter === undefined) throw new MetrobusError('MB_NOT_FOUND', { kind: 'dead letter', name: place })
    const { stop, partition } = letter
    const lane = stop.lanes[partition]
    if (lane === undefined) throw new MetrobusError('MB_REVOKED', { stop: stop.name, partition })
    const { dryRun } = await import('./rehearsal.ts')
    return dryRun(lane, this.#again(letter, data).record)
  }

  /** The event as it rides again, and the text of its data where that is new. */
  #again({ stop, record }: Letter, data: unknown): { readonly record: Record; readonly text: string | undefined } {
    const fields = { replay: record.replay + 1, headers: withoutFailure(record.headers) }
    if (data === undefined) return { record: record.copy(fields), text: undefined }
    const text = encodeData(data, stop.name, this.#engine.recordBytesMax)
    const again = record.copy(fields, freezeDeep(JSON.parse(text)))
    again.text = text
    return { record: again, text }
  }

  async #replayOne(letter: Letter, data: unknown): Promise<boolean> {
    const { stop, record } = letter
    const { record: again, text } = this.#again(letter, data)
    if (!this.#claim(letter)) return false
    // A reading entry has no queue of its own: the declared topic belongs to its owner, so the event waits in the entry's parking topic.
    const queue = stop.entry === undefined ? stop.input[letter.partition]! : stop.parking[letter.partition]!
    await this.#settle(letter, () => {
      this.#engine.outbox.output(queue, again, text?.length ?? record.home?.length ?? 0)
    })
    return true
  }

  /** Marks a letter settled in memory; false when somebody else has. */
  #claim({ stop, partition, record }: Letter): boolean {
    // What a replay at a rate hands over when the member has left would look like a failure of the app.
    if (this.#engine.isDraining) throw stopping(this.#engine)
    const acks = stop.deadFeeds[partition]?.acks
    if (acks === undefined || acks.has(record.offset)) return false
    acks.add(record.offset)
    return true
  }

  /**
   * Settles the letter's acknowledgement in one unit with what `gather` gathers, and lets its key go on if it was held. A refused unit is gathered again: the
   * letter is claimed, and must not count as settled without what became of it.
   */
  async #settle({ stop, partition, record }: Letter, gather: () => void): Promise<void> {
    const engine = this.#engine
    const feed = stop.deadFeeds[partition]
    await new Promise<void>((resolve, reject) => {
      const attempt = (): void => {
        if (engine.isDraining) {
          reject(stopping(engine))
          return
        }
        if (feed === undefined || stop.deadFeeds[partition] !== feed) {
          reject(new MetrobusError('MB_REVOKED', { stop: stop.name, partition }))
          return
        }
        if (engine.failure !== undefined) {
          reject(appFailed(engine))
          return
        }
        // A lane that is made anew after a refusal holds the key again, as it was committed, once it has loaded its table.
        const lane = stop.lanes[partition]
        if (lane?.isLoaded !== true) {
          engine.clock.timer(againMs, attempt)
          return
        }
        if (record.key !== null) lane.parking.release(record.key)
        gather()
        engine.outbox.touch(feed)
        engine.outbox.wait((fate) => {
          if (fate === 'committed') {
            if (record.key !== null) stop.lanes[partition]?.parking.letGo(record.key)
            resolve()
          } else if (fate === 'failed') reject(appFailed(engine))
          else attempt()
        })
        engine.schedule()
      }
      attempt()
    })
  }

  /** Waiting dead letters that fit, in the order of stop, partition and offset, which keeps the order of keys. */
  async *#letters(filter: DeadLetterFilter): AsyncGenerator<Letter> {
    if (filter.place !== undefined) {
      const letter = await this.#at(filter.place)
      if (letter !== undefined && this.#state(letter) === 'waiting' && fits(describe(letter, 'waiting'), filter))
        yield letter
      return
    }
    const ends = await endsOf(this.#inspector, new Set(this.#engine.everyStop().map(({ topics }) => topics.dead)))
    for (const stop of this.#engine.everyStop()) {
      if (filter.stop !== undefined && stop.name !== filter.stop) continue
      for (let partition = 0; partition < stop.partitions; partition++) {
        const acks = stop.deadFeeds[partition]?.acks
        if (acks === undefined) continue
        const end = ends.get(`${stop.topics.dead}/${partition}`) ?? 0
        for (let offset = acks.watermark; offset < end;) {
          const records = await this.#inspector.read(stop.topics.dead, partition, offset, readMax)
          if (records.length === 0) break
          for (const record of records) {
            const letter = { stop, partition, record }
            if (!acks.has(record.offset) && fits(describe(letter, 'waiting'), filter)) yield letter
          }
          offset = records.at(-1)!.offset + 1
        }
      }
    }
  }

  async #at(place: string): Promise<Letter | undefined> {
    const [name, partition, offset] = place.split('/')
    const stop = this.#engine.everyStop().find((candidate) => candidate.name === name)
    if (
      stop === undefined ||
      !/^\d+$/.test(partition ?? '') ||
      !/^\d+$/.test(offset ?? '') ||
      Number(partition) >= stop.partitions
    )
      return undefined
    const [record] = await this.#inspector.read(stop.topics.dead, Number(partition), Number(offset), 1)
    return record === undefined || record.offset !== Number(offset)
      ? undefined
      : { stop, partition: Number(partition), record }
  }

  #state({ stop, partition, record }: Letter): 'waiting' | 'settled' {
    return stop.deadFeeds[partition]?.acks.has(record.offset) === true ? 'settled' : 'waiting'
  }
}

const stopping = ({ definition }: Engine): MetrobusError => new MetrobusError('MB_STOPPING', { app: definition.name })
