/** The buses that a bench can run on. */
import type { Bus } from '../src/bus/bus.ts'
import { embedded } from '../src/bus/embedded/index.ts'
import type { KafkaGuarantee } from '../src/bus/kafka/index.ts'
import { memory } from '../src/bus/memory/index.ts'
import { kafkaBus } from './kafka-broker.ts'

export type BusName = 'embedded' | 'memory' | 'kafka'

export interface BusUnderTest {
  readonly durability: 'fdatasync' | 'none' | 'acks=all'
  /** A bus over `dir`; it is asked to keep `events` rides, for the judge. `guarantee`: of kafka. */
  open(dir: string, events: number, guarantee?: KafkaGuarantee): Bus
}

export const buses: Readonly<Record<BusName, BusUnderTest>> = {
  // All is kept: a topic of 1,000,000 events is larger than the default lets what is consumed be.
  embedded: { durability: 'fdatasync', open: (dir) => embedded({ dir, retention: { bytesMax: Infinity } }) },
  // On the broker of `npm run servers`, under names of its own.
  kafka: { durability: 'acks=all', open: (_dir, _events, guarantee) => kafkaBus(guarantee) },
  memory: { durability: 'none', open: (_, events) => memory({ recordsMax: events * 8 }) },
}
