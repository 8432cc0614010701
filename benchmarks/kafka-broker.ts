/** The broker that benches on Kafka use: the one that `npm run servers -- kafka up` has started, and what it can do at best. */
import { join } from 'node:path'
import { Admin } from '@platformatic/kafka'
import type { Bus } from '../src/bus/bus.ts'
import { kafka } from '../src/bus/kafka/index.ts'
import type { KafkaGuarantee } from '../src/bus/kafka/index.ts'
import { Brokers } from '../tools/servers/kafka/brokers.ts'
import { home, jars } from '../tools/servers/kafka/jars.ts'
import { run } from '../tools/servers/run.ts'

/** What Kafka's own tools reach with as many bytes, through one topic of as many partitions. */
export interface KafkaLimits {
  readonly producerPerfMbPerSecond: number
  readonly consumerPerfMbPerSecond: number
}

const partitions = 4

function bootstrap(): readonly string[] {
  const brokers = Brokers.in(join(home, 'kafka'))
  if (brokers === undefined || !brokers.plan.nodes.some(({ id }) => brokers.runs(id)))
    throw new Error('No broker runs for this bench: start one by `npm run servers -- kafka up`.')
  return brokers.bootstrap
}

/** Stands before the names of this run. */
const prefix = `bench-${process.pid}-${Math.round(performance.timeOrigin)}.`

export const kafkaBus = (guarantee: KafkaGuarantee = 'exactly-once'): Bus =>
  kafka({ brokers: bootstrap(), prefix, partitions, guarantee })

/** Removes what a run has left on the broker. */
export const removeTopics = (): Promise<void> =>
  withAdmin(async (admin) => {
    const topics = await admin.listTopics()
    const own = topics.filter((topic) => topic.startsWith(prefix))
    if (own.length > 0) await admin.deleteTopics({ topics: own })
  })

async function withAdmin(work: (admin: Admin) => Promise<void>): Promise<void> {
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers: [...bootstrap()] })
  try {
    await work(admin)
  } finally {
    await admin.close()
  }
}

/** `records` of `bytes` each are written and read, acknowledged by all replicas, in batches as large as those of the bus, not compressed. */
export async function kafkaLimits(records: number, bytes: number): Promise<KafkaLimits> {
  const topic = `${prefix}limits`
  await withAdmin((admin) => admin.createTopics({ topics: [topic], partitions }).then(() => undefined))
  const servers = bootstrap().join(',')
  const properties = ['acks=all', 'batch.size=524288', 'linger.ms=5', 'buffer.memory=134217728']
  const written = tool('ProducerPerformance', [
    ...`--topic ${topic} --num-records ${records} --record-size ${bytes} --throughput -1`.split(' '),
    '--producer-props',
    `bootstrap.servers=${servers}`,
    ...properties,
  ])
  const asked = `--bootstrap-server ${servers} --topic ${topic} --messages ${records} --timeout 60000 --group ${topic} --hide-header`
  const read = tool('ConsumerPerformance', asked.split(' '))
  // 200000 records sent, 91000.0 records/sec (86.80 MB/sec), …; a later line may be of what went out last.
  const producer = Number([...written.matchAll(/\(([\d.]+) MB\/sec\)/g)].at(-1)?.[1])
  // start, end, MB, MB/sec, messages, messages/sec, ms of joining, ms of fetching, MB/sec of fetching, …: joining is not moving.
  const consumer = Number(read.trim().split('\n').at(-1)?.split(',')[8])
  return { producerPerfMbPerSecond: mega(producer), consumerPerfMbPerSecond: mega(consumer) }
}

/** The tools count in units of 1,048,576 bytes. */
const mega = (mebibytes: number): number => Math.round(mebibytes * 1.048576 * 10) / 10

const tool = (name: string, words: readonly string[]): string =>
  run(
    'java',
    [
      '-Xmx512m',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
      '-cp',
      `${jars()}/*`,
      `org.apache.kafka.tools.${name}`,
      ...words,
    ],
    'Kafka’s tools run on Java, and `java` is not installed.',
  )
