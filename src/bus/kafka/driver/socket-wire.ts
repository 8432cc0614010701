/** The wire over sockets: the client's connections, which know TLS, SASL and its renewal, with our deadlines and our errors. */
import { AuthenticationError, Connection, ConnectionStatuses, Writer } from '@platformatic/kafka'
import type { ConnectionOptions } from '@platformatic/kafka'
import { MetrobusError } from '../../../errors/index.ts'
import type { Clock } from '../../../internal/platform/platform.ts'
import type { Address } from './address.ts'
import type { Api, Travel, Wire } from './wire.ts'

export interface SocketOptions {
  /** Names this program in the brokers' logs and quotas. */
  readonly clientId: string
  readonly clock: Clock
  /** As Node's `tls.connect` takes them; the host name is verified unless they say otherwise. Default no TLS. */
  readonly tls?: NonNullable<ConnectionOptions['tls']>
  readonly sasl?: NonNullable<ConnectionOptions['sasl']>
  /** How long a connection and its login may take. Default 5,000 ms. */
  readonly connectMs?: number
}

/** The driver's own timers end a question; the client's only have to be later. */
const neverMs = 2 ** 31 - 1
/** More than the driver ever has on its way in one lane, so that nothing waits in a queue that it cannot see. */
const inFlightMax = 4_096

const certificateAlert = /^ERR_SSL_.*ALERT_.*(CERTIFICATE|UNKNOWN_CA)/

export class SocketWire implements Wire {
  readonly #options: SocketOptions
  readonly #connections = new Map<string, Promise<Connection>>()
  readonly #open = new Set<Connection>()
  /** Connections that a broker ended because of our certificate: with TLS 1.3 it says so after the first question. */
  readonly #refused = new WeakMap<Connection, Error>()
  #closed = false

  constructor(options: SocketOptions) {
    this.#options = options
  }

  async request<Question, Answer>(
    address: Address,
    api: Api<Question, Answer>,
    question: Question,
    travel: Travel,
  ): Promise<Answer> {
    const { clock } = this.#options
    const until = clock.monotonic() + travel.timeoutMs
    const connection = await this.#connection(address, travel)
    await renewed(connection, nameOf(address))
    return this.#ask(connection, nameOf(address), api, question, Math.max(1, until - clock.monotonic()))
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#connections.values())
    await Promise.all([...this.#open].map((connection) => connection.close()))
  }

  #ask<Question, Answer>(
    connection: Connection,
    broker: string,
    api: Api<Question, Answer>,
    question: Question,
    timeoutMs: number,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const lost = (reason: string, cause?: unknown): void => {
        void connection.close()
        const refused = this.#refused.get(connection)
        if (refused !== undefined) return reject(failureOf(refused, broker))
        reject(new MetrobusError('MB_KAFKA_NO_ANSWER', { request: api.name, broker, reason }, { cause }))
      }
      const timer = this.#options.clock.timer(timeoutMs, () => lost(`none within ${Math.round(timeoutMs)} ms`))
      connection.send<Answer>(
        api.key,
        api.version,
        () => api.encode(Writer.create(), question),
        (_correlation, _key, _version, reader) => api.decode(reader),
        true,
        api.plainAnswerHeader !== true,
        (error, answer) => {
          timer.cancel()
          // A connection that is closed without a word is how a broker refuses who speaks to the wrong listener.
          if (error === null && answer !== undefined) resolve(answer)
          else lost(sayingOf(error) ?? 'no answer', error)
        },
      )
    })
  }

  /** One connection a broker and lane; whoever comes while it opens waits for the same. */
  async #connection(address: Address, { lane = 'main', timeoutMs }: Travel): Promise<Connection> {
    if (this.#closed)
      throw new MetrobusError('MB_KAFKA_UNREACHABLE', { brokers: [nameOf(address)], reason: 'the driver is closed' })
    const key = `${lane} ${nameOf(address)}`
    const known = this.#connections.get(key)
    if (known !== undefined) return known
    const opening = this.#connect(address, timeoutMs, () => {
      if (this.#connections.get(key) === opening) this.#connections.delete(key)
    })
    this.#connections.set(key, opening)
    return opening
  }

  async #connect(address: Address, timeoutMs: number, gone: () => void): Promise<Connection> {
    const { clientId, tls, sasl, connectMs = 5_000 } = this.#options
    const connection = new Connection(clientId, {
      connectTimeout: Math.max(1, Math.min(connectMs, timeoutMs)),
      requestTimeout: neverMs,
      maxInflights: inFlightMax,
      ...(tls === undefined ? {} : { tls, tlsServerName: !isIp(address.host) }),
      ...(sasl === undefined ? {} : { sasl: heedingBytes(sasl) }),
    })
    // The one who asks is told by the rejection; without a listener an 'error' would end the process.
    connection.on('error', (error) => {
      if ([...chainOf(error)].some(({ code }) => certificateAlert.test(String(code))))
        this.#refused.set(connection, error)
      gone()
    })
    connection.once('close', () => {
      this.#open.delete(connection)
      gone()
    })
    this.#open.add(connection)
    try {
      await connection.connect(address.host, address.port)
      return connection
    } catch (error) {
      this.#open.delete(connection)
      gone()
      void connection.close()
      throw failureOf(error, nameOf(address))
    }
  }
}

/** While a session is renewed a broker takes no other question, and closes the connection at one. */
async function renewed(connection: Connection, broker: string): Promise<void> {
  try {
    while (connection.status === ConnectionStatuses.REAUTHENTICATING) await connection.ready()
  } catch (error) {
    throw failureOf(error, broker)
  }
}

/** A broker refuses a token by what stands in an answer that is otherwise good, which the client does not look at. */
function heedingBytes(sasl: NonNullable<ConnectionOptions['sasl']>): NonNullable<ConnectionOptions['sasl']> {
  if (sasl.mechanism !== 'OAUTHBEARER') return sasl
  return {
    authBytesValidator: (bytes, answer) =>
      bytes.length === 0 ? answer(null, bytes) : answer(new AuthenticationError(bytes.toString())),
    ...sasl,
  }
}

const nameOf = ({ host, port }: Address): string => `${host}:${port}`

const isIp = (host: string): boolean => /^[\d.]+$/.test(host) || host.includes(':')

/** The error and what caused it, outermost first. */
function* chainOf(error: unknown): Generator<Error & { readonly code?: unknown }> {
  for (let one = error; one instanceof Error; one = one.cause) {
    yield one
    if (one instanceof AggregateError) for (const inner of one.errors) yield* chainOf(inner)
  }
}

/** The innermost words say most: `connect ECONNREFUSED 127.0.0.1:9092`. */
const sayingOf = (error: unknown): string | undefined =>
  [...chainOf(error)].findLast(({ message }) => message !== '')?.message

/** The client wraps a wrong password and an unknown certificate as a failure of the network; asking again mends neither. */
function failureOf(error: unknown, broker: string): MetrobusError {
  const reason = sayingOf(error) ?? String(error)
  const signs = [...chainOf(error)].map(({ code, message }) => `${String(code)} ${message}`)
  if (signs.some((sign) => sign.startsWith('PLT_KFK_AUTHENTICATION')))
    return new MetrobusError('MB_KAFKA_CREDENTIALS', { broker, reason }, { cause: error })
  if (
    signs.some((sign) => /^(ERR_(TLS|SSL)|[A-Z_]*(CERT|SIGNATURE|CRL)_?[A-Z_]* )|requires TLS|TLS handshake/.test(sign))
  )
    return new MetrobusError('MB_KAFKA_TLS', { broker, reason }, { cause: error })
  return new MetrobusError('MB_KAFKA_UNREACHABLE', { brokers: [broker], reason }, { cause: error })
}
