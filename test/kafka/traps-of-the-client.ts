/**
 * Shows on real brokers what the high-level producer and transactions of the client do, which is why the driver stands on its
 * protocol layer only: `npm run servers -- kafka up --nodes 3 --tls`, then `node test/kafka/traps-of-the-client.ts`.
 *
 * It is a program and not a test: whether a trap is there is the client's affair. Run it on a new release; the last run is
 * recorded in docs/decisions. Our driver's answer to each is in the tests beside.
 */
import {
  Consumer,
  MessagesStreamModes,
  ProduceAcks,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import type { ProducerOptions } from '@platformatic/kafka'
import { brokers, Driver, fresh, readByJava, secured, seconds, stableOffsets, topic } from './stage.ts'

type Strings = ProducerOptions<string, string, string, string>
type StringProducer = Producer<string, string, string, string>
type StringConsumer = Consumer<string, string, string, string>
type StringTransaction = Awaited<ReturnType<StringProducer['beginTransaction']>>
/** What a transaction takes as consumed. */
type Consumed = Parameters<StringTransaction['addOffset']>[0]

/** What was seen, in words; undefined where the trap is not there any more. */
type Trap = () => Promise<string | undefined>

const opened: { close(force?: boolean): Promise<unknown> }[] = []

function producerOf(options: Partial<Strings> = {}): StringProducer {
  const producer = new Producer({
    clientId: 'trap',
    bootstrapBrokers: brokers.bootstrap,
    serializers: stringSerializers,
    ...options,
  })
  opened.push(producer)
  return producer
}

const partitions = 24
const anew = { producerId: -1n, producerEpoch: -1, timeout: 30_000 }
const rider = () => ({ idempotent: true, transactionalId: fresh('trap'), ...anew, retries: 5, retryDelay: 200 })

const letter = (name: string, partition: number, value: string) => ({ topic: name, partition, key: value, value })

/** Waits no longer than so many seconds; what is still under way then is told as that. */
const within = async <T>(limit: number, work: Promise<T>): Promise<T | 'pending'> =>
  Promise.race([work, seconds(limit).then(() => 'pending' as const)])

/** The protocol's names of what went wrong, wherever in the error they stand. */
function namesIn(error: unknown, depth = 0): string[] {
  if (depth > 6 || typeof error !== 'object' || error === null) return []
  const { apiId, code, errors, cause } = error as Record<string, unknown>
  const own = [apiId, code].filter(
    (name): name is string => typeof name === 'string' && !name.startsWith('PLT_KFK_MULT'),
  )
  const inner = [...(Array.isArray(errors) ? errors : []), cause].flatMap((one) => namesIn(one, depth + 1))
  return [...new Set([...own, ...inner])]
}

const outcomeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'resolved',
    (error: unknown) => `rejected with ${namesIn(error).join(', ') || String(error)}`,
  )

/** Messages of a topic that some consumer read, each given to `use`, until `count` came. */
async function consume(
  name: string,
  count: number,
  options: object,
  use: (message: Consumed, consumer: StringConsumer) => Promise<void>,
): Promise<void> {
  const consumer = new Consumer({
    clientId: 'trap',
    groupId: fresh('trap-group'),
    bootstrapBrokers: brokers.bootstrap,
    deserializers: stringDeserializers,
    ...options,
  })
  opened.push(consumer)
  const stream = await consumer.consume({ topics: [name], mode: MessagesStreamModes.EARLIEST, autocommit: false })
  let seen = 0
  for await (const message of stream) {
    await use(message, consumer)
    if (++seen === count) break
  }
}

const traps: Readonly<Record<string, Trap>> = {
  '1 the acks of the constructor are ignored': async () => {
    const pair = await topic(1, { 'min.insync.replicas': '2' }, 2)
    await using driver = await Driver.open()
    await driver.cluster.refresh([pair])
    const producer = producerOf({ acks: ProduceAcks.ALL, retries: 2, retryDelay: 200 })
    await producer.send({ messages: [letter(pair, 0, 'both have it')] })
    await brokers.stop(driver.cluster.leader(pair, 0)?.node ?? 1)
    // The one that is left takes over, alone.
    await seconds(6)
    const seen = await outcomeOf(producer.send({ messages: [letter(pair, 0, 'one has it')] }))
    await brokers.start()
    return seen === 'resolved' ? 'acknowledged by one replica where two are required' : undefined
  },

  '2 a send over several partitions does not survive their leader': async () => {
    // So many that those of one broker go to different ones when it dies.
    const name = await topic(partitions)
    const producer = producerOf({ idempotent: true, ...anew, retries: 20, retryDelay: 300 })
    await using driver = await Driver.open()
    await driver.cluster.refresh([name])
    const send = (round: number) =>
      producer.send({
        acks: ProduceAcks.ALL,
        messages: Array.from({ length: partitions }, (_, partition) => letter(name, partition, `${round}`)),
      })
    await send(0)
    await brokers.stop(driver.cluster.leader(name, 0)?.node ?? 1)
    const seen = await within(40, outcomeOf(send(1)))
    await brokers.start()
    return seen === 'resolved' ? undefined : `the send: ${seen}, the cluster long healed`
  },

  '4 a newcomer of a name is fenced, not the zombie': async () => {
    const [name, transactionalId] = [await topic(), fresh('trap')]
    const first = producerOf({ idempotent: true, transactionalId })
    const one = await first.beginTransaction()
    await one.send({ messages: [letter(name, 0, 'a')] })
    await one.commit()
    // So that the end of the first transaction is no longer in the way.
    await seconds(2)
    const second = producerOf({ idempotent: true, transactionalId, retries: 2, retryDelay: 100 })
    const seen = await within(20, outcomeOf(second.beginTransaction()))
    return seen === 'resolved' ? undefined : `beginTransaction of the newcomer: ${seen}`
  },

  '5 the timeout of a transaction is that of a request': async () => {
    const name = await topic()
    const producer = producerOf({
      idempotent: true,
      transactionalId: fresh('trap'),
      producerId: -1n,
      producerEpoch: -1,
    })
    const transaction = await producer.beginTransaction()
    await transaction.send({ messages: [letter(name, 0, 'a')] })
    await seconds(9)
    const seen = await within(20, outcomeOf(transaction.commit()))
    return seen === 'resolved' ? undefined : `a commit after 9 s: ${seen}`
  },

  '6 offsets that are added at the same time are lost': async () => {
    const [from, group] = [await topic(3), fresh('trap-group')]
    const messages = [0, 1, 2].map((partition) => letter(from, partition, 'a'))
    await producerOf().send({ acks: ProduceAcks.ALL, messages })
    const producer = producerOf(rider())
    const held: Consumed[] = []
    await consume(from, 3, { groupId: group }, async (message, consumer) => {
      held.push(message)
      if (held.length < 3) return
      const transaction = await producer.beginTransaction()
      await transaction.addConsumer(consumer)
      await Promise.all(held.map((one) => transaction.addOffset(one)))
      await transaction.commit()
    })
    const offsets = await stableOffsets(group, from, 3)
    return offsets.every((offset) => offset === 1)
      ? undefined
      : `committed offsets ${offsets.join(', ')} where each is 1`
  },

  '7 a commit succeeds after a failed send': async () => {
    const name = await topic(2, { 'max.message.bytes': '2000' })
    const transaction = await producerOf(rider()).beginTransaction()
    await transaction.send({ messages: [letter(name, 0, 'half')] })
    await transaction.send({ messages: [letter(name, 1, 'x'.repeat(10_000))] }).catch(() => undefined)
    const seen = await within(20, outcomeOf(transaction.commit()))
    const visible = await readByJava(name, 1)
    return seen === 'resolved' && visible.length > 0
      ? `half of the transaction is visible: ${visible.length} record`
      : undefined
  },

  '8 the transaction after an aborted one fails': async () => {
    const name = await topic(1, { 'max.message.bytes': '2000' })
    const producer = producerOf(rider())
    const first = await producer.beginTransaction()
    await first.send({ messages: [letter(name, 0, 'x'.repeat(10_000))] }).catch(() => undefined)
    await first.abort()
    const second = await producer.beginTransaction()
    const seen = await within(20, outcomeOf(second.send({ messages: [letter(name, 0, 'good')] })))
    return seen === 'resolved' ? undefined : `its first send: ${seen}`
  },

  '11 an idempotent send never ends where nobody answers': async () => {
    const producer = producerOf({
      idempotent: true,
      ...anew,
      bootstrapBrokers: ['127.0.0.1:1'],
      retries: 1,
      retryDelay: 100,
    })
    const seen = await within(15, outcomeOf(producer.send({ messages: [letter('nowhere', 0, 'a')] })))
    return seen === 'pending' ? 'retries: 1, and still pending after 15 s' : undefined
  },

  '12 a wrong password is retried like an outage': async () => {
    const { host, port } = secured[0] ?? { host: '', port: 0 }
    const sasl = { mechanism: 'PLAIN' as const, username: 'alice', password: 'wrong' }
    const producer = producerOf({
      bootstrapBrokers: [`${host}:${port}`],
      tls: { ca: brokers.certificate },
      sasl,
      retries: 3,
      retryDelay: 1_000,
    })
    const begun = performance.now()
    const seen = await within(20, outcomeOf(producer.send({ messages: [letter('nowhere', 0, 'a')] })))
    const ms = performance.now() - begun
    return ms > 2_500 ? `${seen}, after ${Math.round(ms)} ms of trying again` : undefined
  },

  '13 groups of the new protocol cannot be used in transactions': async () => {
    const [from, group] = [await topic(), fresh('trap-group')]
    await producerOf().send({ acks: ProduceAcks.ALL, messages: [letter(from, 0, 'a')] })
    const producer = producerOf(rider())
    let seen = ''
    await consume(from, 1, { groupId: group, groupProtocol: 'consumer' }, async (message, consumer) => {
      const transaction = await producer.beginTransaction()
      await transaction.addConsumer(consumer)
      seen = await outcomeOf(transaction.addOffset(message))
      await transaction.abort().catch(() => undefined)
    })
    return seen === 'resolved' ? undefined : `addOffset: ${seen}`
  },
}

const chosen = process.argv.slice(2)
for (const [name, show] of Object.entries(traps)) {
  if (chosen.length > 0 && !chosen.includes(name.split(' ', 1)[0] ?? '')) continue
  const seen = await within(
    120,
    show().catch((error: unknown) => `the program failed: ${String(error)}`),
  )
  console.log(`${name}: ${seen ?? 'NOT SEEN'}`)
}
// A send that never ends would keep the process, and closing waits for it.
await within(5, Promise.allSettled(opened.map((one) => one.close(true))))
process.exit()
