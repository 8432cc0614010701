/**
 * The traps of the client's producer and transactions, on our driver. What the client itself does is shown by
 * `test/kafka/traps-of-the-client.ts`; the numbers are those of the decision that records it.
 */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { endTxn } from '../../src/bus/kafka/driver/codec/end-txn.ts'
import type { Wire } from '../../src/bus/kafka/driver/wire.ts'
import { MetrobusError } from '../../src/errors/index.ts'
import { batchOf, Driver, fresh, nobodyIn, positionOf, readByJava, stableOffsets, topic } from './stage.ts'

/** A wire that waits before every question of one kind. */
const before =
  (name: string, wait: () => Promise<void>) =>
  (wire: Wire): Wire => ({
    async request(address, api, question, travel) {
      if (api.name === name) await wait()
      return wire.request(address, api, question, travel)
    },
    close: () => wire.close(),
  })

suite('traps of the producer', () => {
  test('4 and 9: the newcomer of a name writes, the zombie does not, wherever it is when it is overtaken', async () => {
    const [name, letters, group] = [fresh('rider'), await topic(2), fresh('group')]
    await using driver = await Driver.open()
    const zombie = await driver.producer({ transactionalId: name })
    assert.equal((await zombie.settle({ batches: [batchOf(letters, 0, ['before'])] })).end, 'committed')
    const newcomer = await driver.producer({ transactionalId: name })

    const end = await zombie.settle({ batches: [batchOf(letters, 0, ['of the zombie'])] })
    assert(end.end === 'void' && end.because === 'producer')
    await assert.rejects(zombie.renew(), { code: 'MB_KAFKA_FENCED' })

    // The newcomer of now is the zombie of the next: this time it only settles offsets.
    const next = await driver.producer({ transactionalId: name })
    const offsets = { membership: nobodyIn(group), positions: [positionOf(letters, 0, 7)] }
    const second = await newcomer.settle({ batches: [], offsets })
    assert(second.end === 'void' && second.because === 'producer')
    await assert.rejects(newcomer.renew(), { code: 'MB_KAFKA_FENCED' })

    assert.equal((await next.settle({ batches: [batchOf(letters, 0, ['after'])] })).end, 'committed')
    assert.deepEqual(
      (await readByJava(letters, 2)).map(({ value }) => value),
      ['before', 'after'],
    )
    assert.deepEqual(await stableOffsets(group, letters, 1), [-1])
  })

  test('9: a zombie that is overtaken right before it commits has committed nothing', async () => {
    const [name, letters, group] = [fresh('rider'), await topic(1), fresh('group')]
    await using calm = await Driver.open()
    let overtake = async (): Promise<void> => {}
    await using driver = await Driver.open(before(endTxn.name, () => overtake()))
    const zombie = await driver.producer({ transactionalId: name })
    overtake = async () => {
      await calm.producer({ transactionalId: name })
    }
    const offsets = { membership: nobodyIn(group), positions: [positionOf(letters, 0, 7)] }
    const end = await zombie.settle({ batches: [batchOf(letters, 0, ['late'])], offsets })
    assert(end.end === 'void' && end.because === 'producer', end.end)
    assert.equal(zombie.state, 'doubtful')
    await assert.rejects(zombie.renew(), { code: 'MB_KAFKA_FENCED' })
    assert.deepEqual(await stableOffsets(group, letters, 1), [-1])
  })

  test("5: the coordinator is told the transaction's own timeout, and one that it does not allow is refused", async () => {
    await using driver = await Driver.open()
    await assert.rejects(driver.producer({ transactionalId: fresh('rider'), transactionTimeoutMs: 2 ** 30 }), {
      code: 'MB_KAFKA_REFUSED',
      message: /INVALID_TRANSACTION_TIMEOUT/,
    })
  })

  test('5: a transaction that its coordinator gave up is void, and the producer goes on', async () => {
    const letters = await topic(1)
    let wait = async (): Promise<void> => {}
    await using driver = await Driver.open(before(endTxn.name, () => wait()))
    const producer = await driver.producer({ transactionalId: fresh('rider'), transactionTimeoutMs: 2_000 })
    wait = () => new Promise((resolve) => void setTimeout(resolve, 5_000))
    const end = await producer.settle({ batches: [batchOf(letters, 0, ['too late'])] })
    assert(end.end === 'void' && end.because === 'producer', end.end)
    wait = async () => {}
    await producer.renew()
    assert.equal((await producer.settle({ batches: [batchOf(letters, 0, ['in time'])] })).end, 'committed')
    assert.deepEqual(
      (await readByJava(letters, 1)).map(({ value }) => value),
      ['in time'],
    )
  })

  test('6: the offsets of 64 partitions ride in one question, and all of them are committed', async () => {
    const [letters, group] = [await topic(64), fresh('group')]
    await using driver = await Driver.open()
    const producer = await driver.producer({ transactionalId: fresh('rider') })
    const rounds = 20
    for (let round = 1; round <= rounds; round++) {
      const positions = Array.from({ length: 64 }, (_, partition) => positionOf(letters, partition, round * 100))
      const offsets = { membership: nobodyIn(group), positions }
      const batches = [batchOf(letters, round % 64, [`round ${round}`])]
      assert.equal((await producer.settle({ batches, offsets })).end, 'committed')
    }
    assert.deepEqual(
      await stableOffsets(group, letters, 64),
      Array.from({ length: 64 }, () => rounds * 100),
    )
  })

  test('7 and 8: when one batch is refused nothing of its unit is visible, and the next unit of the same producer goes on', async () => {
    const [letters, group] = [await topic(2, { 'max.message.bytes': '2000' }), fresh('group')]
    await using driver = await Driver.open()
    const producer = await driver.producer({ transactionalId: fresh('rider') })
    const offsets = { membership: nobodyIn(group), positions: [positionOf(letters, 0, 7)] }
    const large = batchOf(letters, 1, ['x'.repeat(10_000)])
    const end = await producer.settle({ batches: [batchOf(letters, 0, ['beside it']), large], offsets })
    assert(end.end === 'void' && end.because === 'refused')
    assert.equal(end.error.code, 'MB_KAFKA_TOO_LARGE')
    assert.deepEqual(await stableOffsets(group, letters, 1), [-1])

    const next = await producer.settle({
      batches: [batchOf(letters, 0, ['good']), batchOf(letters, 1, ['too'])],
      offsets,
    })
    assert.equal(next.end, 'committed')
    assert.deepEqual((await readByJava(letters, 2)).map(({ value }) => value).toSorted(), ['good', 'too'])
    assert.deepEqual(await stableOffsets(group, letters, 1), [7])
  })

  test('11: a unit has an end, also where a cluster never answers', async () => {
    const letters = await topic(1)
    await using driver = await Driver.open((wire) => ({
      async request(address, api, question, travel) {
        if (api.name !== 'Produce') return wire.request(address, api, question, travel)
        throw new MetrobusError('MB_KAFKA_UNREACHABLE', { brokers: [address.host], reason: 'the test cut the line' })
      },
      close: () => wire.close(),
    }))
    const producer = await driver.producer({ transactionalId: fresh('rider'), deliveryMs: 1_000 })
    const begun = performance.now()
    const end = await producer.settle({ batches: [batchOf(letters, 0, ['a'])] })
    assert(end.end === 'void' && end.because === 'time')
    assert(performance.now() - begun < 10_000)
  })

  test('18: every transaction has an epoch of its own, as the second protocol gives it', async () => {
    const letters = await topic(1)
    await using driver = await Driver.open()
    const producer = await driver.producer({ transactionalId: fresh('rider') })
    const first = producer.identity.producerEpoch
    for (let round = 1; round <= 3; round++) {
      assert.equal((await producer.settle({ batches: [batchOf(letters, 0, [`${round}`])] })).end, 'committed')
      assert.equal(producer.identity.producerEpoch, first + round)
    }
  })
})
