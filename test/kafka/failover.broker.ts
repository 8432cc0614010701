/** Brokers that die under the producer: traps 1 and 2 of the client, and what a transaction makes of it. */
import assert from 'node:assert/strict'
import { afterEach, suite, test } from 'node:test'
import type { Producer, ProducerUnit } from '../../src/bus/kafka/driver/producer.ts'
import { batchOf, brokers, Driver, fresh, nobodyIn, positionOf, readByJava, stableOffsets, topic } from './stage.ts'
import type { ReadByJava } from './stage.ts'

const partitions = 6
const rounds = 60
const killAt = 20

/** One value for each partition, which tells its round. */
const unitOf = (name: string, round: number): ProducerUnit => ({
  batches: Array.from({ length: partitions }, (_, partition) => batchOf(name, partition, [`${round}`])),
})

const valuesOf = (read: readonly ReadByJava[], partition: number): number[] =>
  read.filter((one) => one.partition === partition).map(({ value }) => Number(value))

const everyRound = Array.from({ length: rounds }, (_, round) => round)

async function killLeader(driver: Driver, name: string): Promise<void> {
  await driver.cluster.refresh([name])
  const leader = driver.cluster.leader(name, 0)
  assert(leader !== undefined)
  await brokers.stop(leader.node)
}

/** As the bus does: what is unknown is renewed and looked up, what is void is settled again. */
async function settleOnce(producer: Producer, unit: ProducerUnit, isThere: () => Promise<boolean>): Promise<void> {
  for (;;) {
    const end = await producer.settle(unit)
    if (end.end === 'committed') return
    if (producer.state === 'doubtful') await producer.renew()
    if (end.end === 'unknown' && (await isThere())) return
  }
}

suite('brokers that die', () => {
  afterEach(() => brokers.start())

  test('1: with too few replicas in sync nothing is acknowledged', async () => {
    const pair = await topic(1, { 'min.insync.replicas': '2' }, 2)
    await using driver = await Driver.open()
    const producer = await driver.producer({ deliveryMs: 8_000 })
    assert.equal((await producer.settle({ batches: [batchOf(pair, 0, ['both have it'])] })).end, 'committed')
    await killLeader(driver, pair)
    const end = await producer.settle({ batches: [batchOf(pair, 0, ['one has it'])] })
    assert.equal(end.end, 'unknown')
  })

  test('2: a unit over several partitions survives the death of their leader, nothing lost, doubled or out of order', async () => {
    const letters = await topic(partitions)
    await using driver = await Driver.open()
    const producer = await driver.producer({})
    let longestMs = 0
    for (const round of everyRound) {
      if (round === killAt) await killLeader(driver, letters)
      const begun = performance.now()
      assert.equal((await producer.settle(unitOf(letters, round))).end, 'committed')
      longestMs = Math.max(longestMs, performance.now() - begun)
    }
    const read = await readByJava(letters, partitions * rounds)
    for (let partition = 0; partition < partitions; partition++)
      assert.deepEqual(valuesOf(read, partition), everyRound, `partition ${partition}`)
    console.log(`longest gap ${Math.round(longestMs)} ms`)
  })

  test('transactions survive the death of their coordinator, exactly once, offsets with outputs', async () => {
    const [letters, group, name] = [await topic(partitions), fresh('group'), fresh('rider')]
    await using driver = await Driver.open()
    const producer = await driver.producer({ transactionalId: name })
    for (const round of everyRound) {
      if (round === killAt) await brokers.stop(await driver.cluster.coordinator('transaction', name))
      const offsets = { membership: nobodyIn(group), positions: [positionOf(letters, 0, round + 1)] }
      const isThere = async (): Promise<boolean> => (await stableOffsets(group, letters, 1))[0] === round + 1
      await settleOnce(producer, { ...unitOf(letters, round), offsets }, isThere)
    }
    assert.deepEqual(await stableOffsets(group, letters, 1), [rounds])
    const read = await readByJava(letters, partitions * rounds)
    for (let partition = 0; partition < partitions; partition++)
      assert.deepEqual(valuesOf(read, partition), everyRound, `partition ${partition}`)
  })
})
