/**
 * Random weather on a model of a cluster: questions and answers are lost, arrive 20 s late, leaders and coordinators move, and processes take
 * over from each other while the older ones go on. Each unit is there once, in order, outputs and offsets together.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMetrobusError } from '../../../errors/index.ts'
import { chooseSeed, SeededRandom } from '../../../testing/seeded-random.ts'
import { VirtualClock } from '../../../testing/virtual-clock.ts'
import { Cluster } from './cluster.ts'
import { ModelCluster } from './model-cluster.ts'
import type { Weather } from './model-cluster.ts'
import { Producer } from './producer.ts'
import type { ProducerUnit } from './producer.ts'
import { RecordsEncoder } from './records-encoder.ts'

const topic = 'mail'
const partitions = 3
const units = 12
const programs = 60
/** More than any program takes, in virtual time. */
const minutesMax = 12 * 60

/** From calm to wild; even then one question in five arrives in peace, or no program would come to its end. */
function weatherOf(random: SeededRandom): Weather {
  const force = random.next()
  const some = (): number => random.next() * 0.16 * force
  return { questionLost: some(), answerLost: some(), late: some(), notNow: some(), moved: some(), outage: some() / 5 }
}

function unitOf(index: number): ProducerUnit {
  const batches = Array.from({ length: partitions }, (_, partition) => {
    const encoder = new RecordsEncoder()
    encoder.append(0, null, `${index}`, [])
    return { topic, partition, count: 1, batch: encoder.finish() }
  })
  const membership = { group: 'riders', memberId: 'me', memberEpoch: 1, instanceId: null }
  const positions = [{ topic: 'orders', partition: 0, offset: index + 1, leaderEpoch: 0, metadata: '' }]
  return { batches, offsets: { membership, positions } }
}

class Program {
  readonly clock = new VirtualClock()
  readonly random: SeededRandom
  readonly model: ModelCluster
  running = 0

  constructor(seed: number) {
    this.random = new SeededRandom(seed)
    const { clock, random } = this
    this.model = new ModelCluster({ clock, random, weather: weatherOf(random), topic, partitions })
  }

  async run(): Promise<void> {
    const takeOvers = this.random.below(4)
    for (let index = 0; index < takeOvers; index++) {
      this.#start()
      await this.clock.advance(this.random.next() ** 2 * 60_000)
    }
    for (let minute = 0; minute < minutesMax && !this.#isDone; minute++) {
      // A question to take the name that arrives late fences whoever has it, and a supervisor starts that one again.
      if (this.running === 0 && this.model.transaction.offset < units) this.#start()
      await this.clock.advance(60_000)
      this.#check(this.model.transaction.offset)
    }
    assert.equal(this.running, 0, 'a process never comes to its end')
    // What is still on its way arrives.
    await this.clock.advance(60_000)
    this.#check(units)
  }

  get #isDone(): boolean {
    return this.running === 0 && this.model.transaction.offset === units
  }

  /** What is committed is whole units, each once and in order. */
  #check(count: number): void {
    const expected = Array.from({ length: count }, (_, index) => `${index}`)
    for (const partition of this.model.partitions) assert.deepEqual(partition.committed, expected)
    assert.equal(this.model.transaction.offset, count)
  }

  #start(): void {
    this.running++
    void this.#process().then(
      () => this.running--,
      (error: unknown) => {
        this.running--
        this.model.note(isMetrobusError(error) ? error.code : String(error))
      },
    )
  }

  /** As the bus will do it: settle one after the other, and look after any doubt what comes next. */
  async #process(): Promise<void> {
    const { clock, model: wire } = this
    const cluster = new Cluster({ bootstrap: wire.bootstrap, wire, clock, openMs: 600_000 })
    await cluster.open()
    const producer = new Producer({ cluster, clock, transactionalId: 'rider' })
    await this.#again(() => producer.open())
    for (let next = await this.#stable(); next < units;) {
      const end = await producer.settle(unitOf(next))
      wire.note(end.end === 'void' ? `void: ${end.because}` : end.end)
      if (producer.state === 'doubtful') await this.#again(() => producer.renew())
      next = end.end === 'committed' ? next + 1 : await this.#stable()
    }
  }

  /** The name is asked for until it is there: an outage may last longer than one try. */
  async #again(ask: () => Promise<void>): Promise<void> {
    for (;;)
      try {
        return await ask()
      } catch (error) {
        if (!isMetrobusError(error) || error.family !== 'retry') throw error
      }
  }

  async #stable(): Promise<number> {
    for (;;) {
      const offset = this.model.transaction.stableOffset
      if (offset !== undefined) return offset
      await new Promise<void>((resolve) => void this.clock.timer(100, resolve))
    }
  }
}

test('in any weather, and while processes take over from each other, each unit is there once', async () => {
  const first = chooseSeed()
  const count = process.env['METROBUS_SEED'] === undefined ? programs : 1
  const befell = new Map<string, number>()
  for (let index = 0; index < count; index++) {
    const seed = (first + index) % 2 ** 32
    const program = new Program(seed)
    try {
      await program.run()
    } catch (error) {
      const seen = JSON.stringify(Object.fromEntries(program.model.befell))
      throw new Error(`METROBUS_SEED=${seed} shows it again; in it: ${seen}`, { cause: error })
    }
    for (const [what, times] of program.model.befell) befell.set(what, (befell.get(what) ?? 0) + times)
  }
  if (count === 1) return
  // A run in which nothing happened proves nothing.
  for (const what of [
    'question lost',
    'answer lost',
    'late',
    'not now',
    'moved',
    'outage',
    'committed',
    'unknown',
    'MB_KAFKA_FENCED',
  ])
    assert((befell.get(what) ?? 0) > 0, `no program had "${what}", from seed ${first}`)
})
