import type { Bus } from '../bus.ts'
import { SocketWire } from './driver/socket-wire.ts'
import { KafkaBus } from './kafka-bus.ts'
import type { ResolvedKafkaOptions } from './options.ts'

/** The bus on real brokers; importing this loads the client. */
export function overSockets(options: ResolvedKafkaOptions): Bus {
  const { clientId, tls, sasl } = options
  const secured = { ...(tls === undefined ? {} : { tls }), ...(sasl === undefined ? {} : { sasl }) }
  return new KafkaBus(options, ({ clock }) => new SocketWire({ clientId, clock, ...secured }))
}
