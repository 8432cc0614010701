/** What a test of real brokers stands on: the brokers that `npm run test:kafka` started, the driver on them, and judges that are not ours. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { AclOperations, AclPermissionTypes, Admin, ResourcePatternTypes, ResourceTypes } from '@platformatic/kafka'
import type { Address } from '../../src/bus/kafka/driver/address.ts'
import { Cluster } from '../../src/bus/kafka/driver/cluster.ts'
import { Producer } from '../../src/bus/kafka/driver/producer.ts'
import type { ProducerOptions, UnitBatch } from '../../src/bus/kafka/driver/producer.ts'
import { RecordsEncoder } from '../../src/bus/kafka/driver/records-encoder.ts'
import { SocketWire } from '../../src/bus/kafka/driver/socket-wire.ts'
import type { SocketOptions } from '../../src/bus/kafka/driver/socket-wire.ts'
import type { Wire } from '../../src/bus/kafka/driver/wire.ts'
import { nodeClock as clock } from '../../src/internal/platform/node.ts'
import { Brokers } from '../../tools/servers/kafka/brokers.ts'
import { home, jars } from '../../tools/servers/kafka/jars.ts'
import { saslMechanisms, users } from '../../tools/servers/kafka/settings.ts'

/** Those of `npm run test:kafka`; for a file run alone those of `npm run servers`. */
function brokersOfRun(): Brokers {
  const found = Brokers.in(process.env['METROBUS_KAFKA'] ?? join(home, 'kafka'))
  if (found !== undefined) return found
  throw new TypeError(
    'There are no brokers: run this by `npm run test:kafka`, or `npm run servers -- kafka up --nodes 3 --tls` first.',
  )
}

export const brokers: Brokers = brokersOfRun()

const addressOf = (text: string): Address => {
  const [host = '', port = ''] = text.split(':')
  return { host, port: Number(port) }
}

export const plain: readonly Address[] = brokers.bootstrap.map(addressOf)
export const secured: readonly Address[] = brokers.secured.map(addressOf)
export const mutual: readonly Address[] = brokers.mutual.map(addressOf)

/** How users of the brokers with TLS log in. */
export const tls = { ca: brokers.certificate }
export const login = (
  mechanism: (typeof saslMechanisms)[number],
  username: string,
  password = users[username] ?? '',
) => ({
  mechanism,
  username,
  password,
})
export const alice = { bootstrap: secured, tls, sasl: login('SCRAM-SHA-512', 'alice') }
export const bob = { bootstrap: secured, tls, sasl: login('SCRAM-SHA-512', 'bob') }

let names = 0
/** A name that no other test has used. */
export const fresh = (what: string): string => `${what}-${process.pid}-${names++}`

/** The driver's lower half on these brokers, closed at the end of a block. */
export class Driver {
  readonly cluster: Cluster
  readonly #wire: Wire

  /** `around` may put something between the driver and the sockets. */
  constructor(
    options: Partial<SocketOptions> & { readonly bootstrap?: readonly Address[] } = {},
    around: (wire: Wire) => Wire = (wire) => wire,
  ) {
    const { bootstrap = plain, ...rest } = options
    this.#wire = around(new SocketWire({ clientId: 'test', clock, ...rest }))
    this.cluster = new Cluster({ bootstrap, wire: this.#wire, clock })
  }

  static async open(around?: (wire: Wire) => Wire): Promise<Driver> {
    const driver = new Driver({}, around)
    await driver.cluster.open()
    return driver
  }

  async producer(options: Omit<ProducerOptions, 'cluster' | 'clock'>): Promise<Producer> {
    const producer = new Producer({ cluster: this.cluster, clock, ...options })
    await producer.open()
    return producer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#wire.close()
  }
}

/** A batch of these values, each its own key. */
export function batchOf(topic: string, partition: number, values: readonly string[]): UnitBatch {
  const encoder = new RecordsEncoder()
  for (const value of values) encoder.append(clock.now(), value, value, [])
  return { topic, partition, count: values.length, batch: encoder.finish() }
}

/** A group without members: whoever knows its name may commit its offsets. */
export const nobodyIn = (group: string) => ({ group, memberId: '', memberEpoch: -1, instanceId: null })

export const positionOf = (topic: string, partition: number, offset: number) => ({
  topic,
  partition,
  offset,
  leaderEpoch: -1,
  metadata: '',
})

/** The client's administration, which is sound. */
export async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({ clientId: 'admin', bootstrapBrokers: brokers.bootstrap, retries: 20, retryDelay: 300 })
  try {
    return await work(admin)
  } finally {
    await admin.close()
  }
}

/** Everything on what begins with `prefix`, for a user or another principal. */
export async function allow(user: string, prefix: string, principal = `User:${user}`): Promise<void> {
  const types = [ResourceTypes.TOPIC, ResourceTypes.GROUP, ResourceTypes.TRANSACTIONAL_ID]
  const creations = types.map((resourceType) => ({
    resourceType,
    resourceName: prefix,
    resourcePatternType: ResourcePatternTypes.PREFIXED,
    principal,
    host: '*',
    operation: AclOperations.ALL,
    permissionType: AclPermissionTypes.ALLOW,
  }))
  await withAdmin((admin) => admin.createAcls({ creations }))
  // The controller has it; each broker learns it by itself, and none says when.
  await seconds(2)
}

export async function topic(
  partitions = 1,
  configs: Readonly<Record<string, string>> = {},
  replicas = Math.min(3, plain.length),
): Promise<string> {
  const name = fresh('topic')
  const settings = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
  await withAdmin((admin) => admin.createTopics({ topics: [name], partitions, replicas, configs: settings }))
  return name
}

/** Committed offsets of a group, by partition, once no transaction is open over them. */
export async function stableOffsets(group: string, name: string, partitions: number): Promise<number[]> {
  const partitionIndexes = Array.from({ length: partitions }, (_, index) => index)
  const groups = [{ groupId: group, topics: [{ name, partitionIndexes }] }]
  const answer = await withAdmin((admin) => admin.listConsumerGroupOffsets({ groups, requireStable: true }))
  const found = answer[0]?.topics[0]?.partitions ?? []
  return found
    .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
    .map(({ committedOffset }) => Number(committedOffset))
}

export interface ReadByJava {
  readonly partition: number
  readonly value: string
}

/**
 * The lines that Java's console consumer prints of a topic, committed only, in the order of each partition, until nothing came for `quietMs`. `prints`: what it prints
 * beside the value, such as `partition` or `headers`; `wanted`: how many records there are at the least.
 */
export async function linesByJava(
  name: string,
  prints: readonly string[],
  wanted: number,
  quietMs: number = quietMsFirst,
): Promise<string[]> {
  const java = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error']
  const program = ['-cp', `${jars()}/*`, 'org.apache.kafka.tools.consumer.ConsoleConsumer']
  const what = ['--bootstrap-server', brokers.bootstrap.join(','), '--topic', name, '--from-beginning']
  const how = ['--timeout-ms', `${quietMs}`, '--isolation-level', 'read_committed']
  const properties = prints.flatMap((one) => ['--formatter-property', `print.${one}=true`])
  // It ends by its timeout, which it tells as a failure on its error stream.
  const { stdout } = await promisify(execFile)('java', [...java, ...program, ...what, ...how, ...properties], {
    maxBuffer: 64 * 1024 * 1024,
  })
  const lines = stdout.split('\n').filter((line) => line !== '')
  // On a busy machine it may take longer than that to join its group, or to go on: then it gets the time.
  return lines.length < wanted && quietMs < quietMsMost ? linesByJava(name, prints, wanted, 3 * quietMs) : lines
}

const quietMsFirst = 5_000
const quietMsMost = 45_000

/** What Java's console consumer reads of a topic. */
export async function readByJava(name: string, wanted: number, quietMs?: number): Promise<ReadByJava[]> {
  const lines = await linesByJava(name, ['partition'], wanted, quietMs)
  return lines
    .filter((line) => line.startsWith('Partition:'))
    .map((line) => {
      const [partition = '', value = ''] = line.split('\t')
      return { partition: Number(partition.slice('Partition:'.length)), value }
    })
}

/** Seconds of real time: brokers have clocks of their own. */
export const seconds = (count: number): Promise<void> =>
  new Promise((resolve) => void clock.timer(count * 1_000, resolve))
