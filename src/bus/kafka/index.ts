import type { Bus } from '../bus.ts'
import { guarded } from '../guarded.ts'
import { BusOnDemand } from './on-demand.ts'
import { capabilitiesOf, resolveKafkaOptions } from './options.ts'
import type { KafkaOptions } from './options.ts'

/**
 * A bus on a Kafka cluster of 4.0 or newer, by the package `@platformatic/kafka`, which is loaded when the bus is opened. Throws MB_BAD_OPTIONS with every fault; opening
 * rejects with MB_KAFKA_NO_CLIENT, MB_KAFKA_OLD_NODE, and what is wrong with the cluster or the way to it, within 5 s.
 */
export function kafka(options: KafkaOptions): Bus {
  const resolved = resolveKafkaOptions(options)
  const load = async (): Promise<Bus> => (await import('./over-sockets.ts')).overSockets(resolved)
  return guarded(new BusOnDemand(capabilitiesOf(resolved), load), resolved.log)
}

export type { KafkaLogin, KafkaSecret, KafkaTls } from './access.ts'
export type { ForeignMapping, ForeignRecord } from './foreign-record.ts'
export type { KafkaCompression, KafkaGuarantee, KafkaOptions } from './options.ts'
