/**
 * A transaction is cut at each of its questions, on real brokers: the process dies before or after one (E1), an answer is lost, or a question
 * arrives when its transaction is long over (K6). Whatever happens, a unit is there once, outputs and offsets together.
 */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Writer } from '@platformatic/kafka'
import type { Address } from '../../src/bus/kafka/driver/address.ts'
import { endTxn } from '../../src/bus/kafka/driver/codec/end-txn.ts'
import { produce } from '../../src/bus/kafka/driver/codec/produce.ts'
import { txnOffsetCommit } from '../../src/bus/kafka/driver/codec/txn-offset-commit.ts'
import type { ProducerUnit } from '../../src/bus/kafka/driver/producer.ts'
import type { Api, Travel, Wire } from '../../src/bus/kafka/driver/wire.ts'
import { MetrobusError } from '../../src/errors/index.ts'
import { batchOf, Driver, fresh, nobodyIn, positionOf, readByJava, seconds, stableOffsets, topic } from './stage.ts'

const partitions = 2
const ofTransactions: ReadonlySet<string> = new Set([produce.name, txnOffsetCommit.name, endTxn.name])

/** What a process that was killed does next: nothing. */
class Died extends Error {}

const lost = (request: string): MetrobusError =>
  new MetrobusError('MB_KAFKA_NO_ANSWER', { request, broker: 'any', reason: 'cut by the test' })

/** What becomes of a question; undefined lets it pass. */
type Cut = (name: string, count: number) => 'die before' | 'die after' | 'lose answer' | 'hold' | undefined

/** A wire that is cut at questions of transactions, counted from 0. */
class CutWire implements Wire {
  readonly #wire: Wire
  readonly #cut: Cut
  readonly #held: (() => Promise<unknown>)[] = []
  count = 0
  /** Questions that were delivered late. */
  late = 0

  constructor(wire: Wire, cut: Cut) {
    this.#wire = wire
    this.#cut = cut
  }

  async request<Question, Answer>(
    address: Address,
    api: Api<Question, Answer>,
    question: Question,
    travel: Travel,
  ): Promise<Answer> {
    const cut = ofTransactions.has(api.name) ? this.#cut(api.name, this.count++) : undefined
    if (cut === 'die before') throw new Died()
    if (cut === 'hold') {
      // As it was on the wire: the producer stamps the same batches anew.
      const bytes = api.encode(Writer.create(), question).buffer
      const asWritten = { ...api, encode: (writer: Writer) => writer.append(bytes) }
      this.#held.push(() => this.#wire.request(address, asWritten, question, travel))
      throw lost(api.name)
    }
    if (api.name === txnOffsetCommit.name && this.#held.length > 0) await this.#release()
    const answer = await this.#wire.request(address, api, question, travel)
    if (cut === 'die after') throw new Died()
    if (cut === 'lose answer') throw lost(api.name)
    return answer
  }

  /** Late, and at the worst moment: outputs of the transaction of now are there, its offsets are not. */
  async #release(): Promise<void> {
    await seconds(0.2)
    const held = this.#held.splice(0)
    this.late += held.length
    await Promise.allSettled(held.map((deliver) => deliver()))
  }

  close(): Promise<void> {
    return this.#wire.close()
  }
}

/** A line of units, each of which must be there once in the end. */
class Line {
  readonly letters: string
  readonly group = fresh('group')
  readonly name = fresh('rider')
  rounds = 0
  late = 0

  constructor(letters: string) {
    this.letters = letters
  }

  unit(): ProducerUnit {
    const value = `${this.rounds}`
    return {
      batches: Array.from({ length: partitions }, (_, partition) => batchOf(this.letters, partition, [value])),
      offsets: { membership: nobodyIn(this.group), positions: [positionOf(this.letters, 0, this.rounds + 1)] },
    }
  }

  async isThere(): Promise<boolean> {
    return (await stableOffsets(this.group, this.letters, 1))[0] === this.rounds + 1
  }

  /** One unit by a process that may be cut, and by those that come after it until it is there. */
  async ride(cut: Cut): Promise<number> {
    const count = await this.#attempt(cut).catch((error: unknown) => {
      if (!(error instanceof Died)) throw error
      return undefined
    })
    if (count === undefined) await this.#attempt(() => undefined)
    this.rounds++
    return count ?? 0
  }

  /** A process: it takes the name, looks whether the unit is there, and settles it if not. */
  async #attempt(cut: Cut): Promise<number> {
    let wire: CutWire | undefined
    await using driver = await Driver.open((sockets) => (wire = new CutWire(sockets, cut)))
    const producer = await driver.producer({ transactionalId: this.name, deliveryMs: 1_000 })
    while (!(await this.isThere())) {
      const end = await producer.settle(this.unit())
      if (end.end === 'committed') break
      if (producer.state === 'doubtful') await producer.renew()
    }
    this.late += wire?.late ?? 0
    return wire?.count ?? 0
  }

  async check(): Promise<void> {
    const everyRound = Array.from({ length: this.rounds }, (_, round) => `${round}`)
    const read = await readByJava(this.letters, partitions * this.rounds)
    for (let partition = 0; partition < partitions; partition++)
      assert.deepEqual(
        read.filter((one) => one.partition === partition).map(({ value }) => value),
        everyRound,
      )
    assert.deepEqual(await stableOffsets(this.group, this.letters, 1), [this.rounds])
  }
}

suite('cuts', () => {
  test('E1: a process that dies between any two questions leaves a unit that is there once', async () => {
    const line = new Line(await topic(partitions))
    const count = await line.ride(() => undefined)
    assert(count >= 3, 'a produce, the offsets, the end')
    for (const cut of ['die before', 'die after'] as const)
      for (let n = 0; n < count; n++) await line.ride((_, index) => (index === n ? cut : undefined))
    await line.check()
  })

  test('an answer that is lost changes nothing', async () => {
    const line = new Line(await topic(partitions))
    const count = await line.ride(() => undefined)
    for (let n = 0; n < count; n++) await line.ride((_, index) => (index === n ? 'lose answer' : undefined))
    for (const name of ofTransactions)
      await line.ride((one, index) => (one === name && index < 3 ? 'lose answer' : undefined))
    await line.check()
  })

  for (const name of ofTransactions)
    test(`K6: ${name} that arrives after its transaction, in the next one, tears nothing`, async () => {
      const line = new Line(await topic(partitions))
      for (let round = 0; round < 5; round++) {
        let until = 0
        await line.ride((one) => {
          if (one !== name) return undefined
          // For longer than the producer tries to deliver or to end, so that it goes on with another epoch.
          until ||= performance.now() + 1_500
          return performance.now() < until ? 'hold' : undefined
        })
      }
      assert(line.late >= 5, 'something came late each time')
      await line.check()
    })
})
