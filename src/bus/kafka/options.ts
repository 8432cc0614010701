/** What can be chosen about the Kafka bus. */
import type { ConnectionOptions } from 'node:tls'
import { MetrobusError } from '../../errors/index.ts'
import { silentLog } from '../../internal/log.ts'
import type { Log } from '../../internal/log.ts'
import type { Capabilities } from '../capabilities.ts'
import { checkLogin, refuseUnknown, tlsOf } from './access.ts'
import type { KafkaLogin, KafkaTls } from './access.ts'
import type { Address } from './driver/address.ts'
import { checkMappings } from './foreign-record.ts'
import type { ForeignMapping } from './foreign-record.ts'

/** How records are compressed. */
export type KafkaCompression = (typeof compressions)[number]
const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/** How often an event happens whose handling was cut off. */
export type KafkaGuarantee = (typeof guarantees)[number]
const guarantees = ['exactly-once', 'at-least-once'] as const

/** Options of the Kafka bus; only `brokers` has no default. */
export interface KafkaOptions {
  /** Where to begin, as `host:port`; any one that answers leads to the others. */
  readonly brokers: readonly string[]
  /** Names this program in the brokers' logs and quotas. Default: 'metrobus'. */
  readonly clientId?: string
  /** TLS, with the authorities that Node knows (true) or one's own. Default: none. */
  readonly tls?: boolean | KafkaTls
  /** Default: no login. */
  readonly sasl?: KafkaLogin
  /** `create` makes the topics that are missing, `verify` only says which are. Neither alters one. Default: 'create'. */
  readonly topics?: 'create' | 'verify'
  /** Partitions of a topic that does not say. Default: 4. */
  readonly partitions?: number
  /** Replicas of the topics that are made. Default: what the cluster takes by default. */
  readonly replicas?: number
  /** Replicas that must have what is acknowledged. Default: 2, or 1 where there is no second. */
  readonly inSyncReplicas?: number
  /**
   * `exactly-once`: what a unit brings out and what it acknowledges are one transaction. `at-least-once`: one after the other, so that what a crash cuts in between is handled again; sooner
   * visible, and without stores. Default: 'exactly-once'.
   */
  readonly guarantee?: KafkaGuarantee
  /** How records are compressed. Default: 'none'. */
  readonly compression?: KafkaCompression
  /**
   * Names this instance beyond its life, such as the name of its pod: who comes back under it within the session has its partitions again, and nobody has them meanwhile. No two that run may
   * have the same. Default: a fresh one at each start.
   */
  readonly instanceId?: string
  /** Stands before the name of every topic and group, so that several systems share a cluster. Default: ''. */
  readonly prefix?: string
  /** How records that no Metrobus wrote become events, by topic. Default: their values are JSON. */
  readonly mappings?: Readonly<{ [topic: string]: ForeignMapping }>
  /** Bytes of the data of one record, encoded; at most 8 MiB. Default: 1 MiB. */
  readonly recordBytesMax?: number
  /** Bytes of records that are fetched ahead, for each app. Default: 32 MiB. */
  readonly fetchBytesMax?: number
  /** Where the bus logs. Default: nowhere. */
  readonly log?: Log
}

/** Options with every default filled in. */
export interface ResolvedKafkaOptions {
  readonly brokers: readonly Address[]
  readonly clientId: string
  readonly tls: ConnectionOptions | undefined
  readonly sasl: KafkaLogin | undefined
  readonly topics: 'create' | 'verify'
  readonly partitions: number
  readonly replicas: number | undefined
  readonly inSyncReplicas: number | undefined
  readonly guarantee: KafkaGuarantee
  readonly compression: KafkaCompression
  readonly instanceId: string | undefined
  readonly prefix: string
  readonly mappings: Readonly<{ [topic: string]: ForeignMapping }>
  readonly recordBytesMax: number
  /** The largest batch of records that is written: one record with its key, headers and slip at the least. */
  readonly batchBytesMax: number
  readonly fetchBytesMax: number
  readonly log: Log
}

const KiB = 1024
const MiB = 1024 * KiB
/** What a record may have beside its data: a key of 64 KiB of any characters, headers, the slip. */
const envelopeBytesMax = 256 * KiB
const portMax = 65_535

const known: Readonly<Record<keyof KafkaOptions, true>> = {
  brokers: true,
  clientId: true,
  tls: true,
  sasl: true,
  topics: true,
  partitions: true,
  replicas: true,
  inSyncReplicas: true,
  guarantee: true,
  compression: true,
  instanceId: true,
  prefix: true,
  mappings: true,
  recordBytesMax: true,
  fetchBytesMax: true,
  log: true,
}

/** Fills in the defaults; throws MB_BAD_OPTIONS that names all faults at once. */
export function resolveKafkaOptions(options: KafkaOptions): ResolvedKafkaOptions {
  const faults: string[] = []
  const number = (name: string, value: number, min: number, max: number): number => {
    if (!Number.isSafeInteger(value) || value < min || value > max)
      faults.push(`${name} must be a whole number between ${min} and ${max}, not ${value}`)
    return value
  }
  if (typeof options !== 'object' || options === null)
    throw new MetrobusError('MB_BAD_OPTIONS', { what: 'kafka()', faults: ['it takes an object with `brokers`'] })
  refuseUnknown('', options, Object.keys(known), faults)
  const { brokers, compression = 'none', topics = 'create', prefix = '', tls = false } = options
  if (!Array.isArray(brokers) || brokers.length === 0) faults.push('brokers must name at least one as "host:port"')
  if (!compressions.includes(compression))
    faults.push(`compression must be one of ${compressions.join(', ')}, not ${JSON.stringify(compression)}`)
  const { guarantee = 'exactly-once' } = options
  if (!guarantees.includes(guarantee))
    faults.push(`guarantee must be ${guarantees.join(' or ')}, not ${JSON.stringify(guarantee)}`)
  checkLogin(options.sasl, faults)
  if (topics !== 'create' && topics !== 'verify')
    faults.push(`topics must be "create" or "verify", not ${JSON.stringify(topics)}`)
  if (typeof prefix !== 'string' || !/^[\w.-]{0,100}$/.test(prefix))
    faults.push('prefix may have letters, digits, dots, _ and -, at most 100')
  for (const name of ['clientId', 'instanceId'] as const)
    if (options[name] !== undefined && !isName(options[name]))
      faults.push(`${name} must be a text of 1 to 200 characters, not ${JSON.stringify(options[name])}`)
  checkMappings(options.mappings, faults)
  if (options.log !== undefined && typeof options.log?.warn !== 'function') faults.push('log must be a log')
  const recordBytesMax = number('recordBytesMax', options.recordBytesMax ?? MiB, KiB, 8 * MiB)
  const optional = (name: string, value: number | undefined): number | undefined =>
    value === undefined ? undefined : number(name, value, 1, 1_000)
  const { replicas = Infinity, inSyncReplicas = 0 } = options
  if (inSyncReplicas > replicas)
    faults.push(`inSyncReplicas ${inSyncReplicas} are more than the ${replicas} replicas that there are to be`)
  const resolved: ResolvedKafkaOptions = {
    brokers: (Array.isArray(brokers) ? brokers : []).map((broker) => addressOf(String(broker), faults)),
    clientId: options.clientId ?? 'metrobus',
    tls: tlsOf(tls, faults),
    sasl: options.sasl,
    topics,
    partitions: number('partitions', options.partitions ?? 4, 1, 10_000),
    replicas: optional('replicas', options.replicas),
    inSyncReplicas: optional('inSyncReplicas', options.inSyncReplicas),
    guarantee,
    compression,
    instanceId: options.instanceId,
    prefix,
    mappings: options.mappings ?? {},
    recordBytesMax,
    batchBytesMax: recordBytesMax + envelopeBytesMax,
    fetchBytesMax: number('fetchBytesMax', options.fetchBytesMax ?? 32 * MiB, MiB, 2 ** 31 - 1),
    log: options.log ?? silentLog,
  }
  if (faults.length > 0) throw new MetrobusError('MB_BAD_OPTIONS', { what: 'kafka()', faults })
  return resolved
}

export const capabilitiesOf = ({ recordBytesMax, guarantee }: ResolvedKafkaOptions): Capabilities => ({
  supportsAtomicSettle: guarantee === 'exactly-once',
  recordBytesMax,
  hasDenseOffsets: false,
})

const isName = (value: unknown): boolean => typeof value === 'string' && value.length > 0 && value.length <= 200

function addressOf(text: string, faults: string[]): Address {
  const [, host = '', port = ''] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(text) ?? []
  const address = { host, port: Number(port) }
  if (host === '' || !(address.port >= 1 && address.port <= portMax))
    faults.push(`brokers has ${JSON.stringify(text)}, which is no "host:port"`)
  return address
}
