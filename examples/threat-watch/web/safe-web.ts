/**
 * Fetches what strangers have written the address of, from servers that mean no good.
 *
 * Invariants:
 * - W1 Nothing is connected to but addresses that the rule allows: looked at when the connection is made, for each connection, so that neither a redirect nor a name that
 *   resolves anew leads elsewhere.
 * - W2 A fetch ends by its deadline, however slowly it is answered.
 * - W3 Of a body, `bytesMax` and a chunk are in memory at most, compressed or not.
 */
import { lookup as systemLookup } from 'node:dns'
import type { LookupAddress, LookupOptions } from 'node:dns'
import { isIP } from 'node:net'
import { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { Agent, buildConnector, request } from 'undici'
import type { Dispatcher } from 'undici'
import { addressRule } from './addresses.ts'
import type { Answer, GetOptions, NoAnswer, Reason, Web } from './web.ts'

export interface SafeWebOptions {
  /** Addresses and ranges that may be connected to although they are not public, such as `127.0.0.1`. Default: none. */
  readonly allowed?: readonly string[]
  /** Says which port of which address stands for a host, as curl's `--connect-to`; it is trusted. Undefined for a host that is where its name says. */
  readonly connectTo?: (host: string) => { readonly address: string; readonly port: number } | undefined
  /** Resolves names. Default: as the system does. */
  readonly lookup?: Lookup
  /** How long a server may take to begin its answer, in milliseconds. Default: 5,000. */
  readonly headersTimeoutMs?: number
  /** How long a fetch may take with its redirects, in milliseconds. Default: 20,000. */
  readonly timeoutMs?: number
  /** Default: 5. */
  readonly redirectsMax?: number
  readonly userAgent?: string
}

export type Lookup = (
  host: string,
  options: LookupOptions & { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/** A body that decompresses to more than its bound, by more than this factor, was made for that. */
const bombFactor = 100

const decoders = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

export class SafeWeb implements Web, AsyncDisposable {
  readonly #agent: Agent
  readonly #headersTimeoutMs: number
  readonly #timeoutMs: number
  readonly #redirectsMax: number
  readonly #headers: Readonly<Record<string, string>>

  constructor(options: SafeWebOptions = {}) {
    const {
      headersTimeoutMs = 5_000,
      timeoutMs = 20_000,
      redirectsMax = 5,
      userAgent = 'metrobus-threat-watch',
    } = options
    this.#headersTimeoutMs = headersTimeoutMs
    this.#timeoutMs = timeoutMs
    this.#redirectsMax = redirectsMax
    this.#headers = { 'user-agent': userAgent, 'accept-encoding': Object.keys(decoders).join(', ') }
    this.#agent = new Agent({
      connect: guardedConnector(options, headersTimeoutMs),
      maxHeaderSize: 16 * 1024,
      // A server that keeps its connections open has no more of them than it needs.
      keepAliveTimeout: 1_000,
      keepAliveMaxTimeout: 10_000,
    })
  }

  async get(url: string, options: GetOptions): Promise<Answer | NoAnswer> {
    const deadline = AbortSignal.timeout(this.#timeoutMs)
    let from = parsed(url)
    try {
      for (let redirects = 0; ; redirects++) {
        if (from === undefined) return no('bad-url', 'it is no address of http or https')
        if (redirects > this.#redirectsMax) return no('too-many-redirects', `more than ${this.#redirectsMax} redirects`)
        const response = await this.#begin(from, AbortSignal.any([options.signal, deadline]))
        const to = redirection(response, from)
        if (to === undefined) return await answerOf(from, response, options)
        await discard(response)
        if (parsed(to)?.host !== from.host && options.acrossHosts !== true)
          return { ...no('moved', `it is now elsewhere`), to }
        from = parsed(to)
      }
    } catch (error) {
      options.signal.throwIfAborted()
      return deadline.aborted ? no('slow-body', `it took more than ${this.#timeoutMs} ms`) : noAnswerOf(error)
    }
  }

  /** Resolves with the headers. The timer is our own: those of undici tell whole seconds. */
  async #begin(url: URL, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(new HeadersLate()), this.#headersTimeoutMs)
    try {
      return await request(url, {
        dispatcher: this.#agent,
        headers: this.#headers,
        signal: AbortSignal.any([signal, late.signal]),
      })
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy()
  }
}

/** Connects to allowed addresses only. */
function guardedConnector(options: SafeWebOptions, timeoutMs: number): buildConnector.connector {
  const { allowed, connectTo, lookup = systemLookup } = options
  const mayConnect = addressRule(allowed)
  const checkedLookup = (host: string, asked: LookupOptions, done: (...answer: unknown[]) => void): void =>
    lookup(host, { ...asked, all: true }, (error, addresses) => {
      const refused = addresses?.find(({ address }) => !mayConnect(address))
      if (error !== null) done(error)
      // One that is refused speaks against the name, not only against the address.
      else if (refused !== undefined) done(new AddressRefused(refused.address))
      else if (asked.all === true) done(null, addresses)
      else done(null, addresses[0]?.address, addresses[0]?.family)
    })
  const connect = buildConnector({ timeout: timeoutMs, lookup: checkedLookup as never })
  const connectDirectly = buildConnector({ timeout: timeoutMs })
  return (wanted, done) => {
    const host = wanted.hostname.replace(/^\[|\]$/g, '')
    const place = connectTo?.(host)
    if (place !== undefined) {
      connectDirectly({ ...wanted, hostname: place.address, port: String(place.port) }, done)
      // A literal address is not looked up.
    } else if (isIP(host) !== 0 && !mayConnect(host)) done(new AddressRefused(host), null)
    else connect(wanted, done)
  }
}

class HeadersLate extends Error {}

class AddressRefused extends Error {
  constructor(address: string) {
    super(`${address} is not a public address`)
  }
}

function parsed(text: string): URL | undefined {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return undefined
  // Whoever writes a name and a password into a link means somebody else's server.
  if (url.username !== '' || url.password !== '') return undefined
  url.hash = ''
  return url
}

function redirection({ statusCode, headers }: Dispatcher.ResponseData, from: URL): string | undefined {
  const { location } = headers
  if (![301, 302, 303, 307, 308].includes(statusCode) || location === undefined) return undefined
  return URL.parse(String(location), from.href)?.href ?? ''
}

async function answerOf(
  url: URL,
  response: Dispatcher.ResponseData,
  { bytesMax, types }: GetOptions,
): Promise<Answer | NoAnswer> {
  const { statusCode, headers } = response
  const contentType = String(headers['content-type'] ?? '')
  const type = contentType.split(';')[0]!.trim().toLowerCase()
  const refused =
    statusOf(statusCode) ??
    (types === undefined || types.includes(type) ? undefined : no('other-content', `it is ${type || 'of no type'}`)) ??
    (Number(headers['content-length'] ?? 0) > bytesMax ? no('too-large', `more than ${bytesMax} bytes`) : undefined)
  if (refused !== undefined) {
    await discard(response)
    return refused
  }
  const bytes = await bodyOf(response, bytesMax)
  return bytes instanceof Uint8Array ? { ok: true, url: url.href, contentType, bytes } : bytes
}

function statusOf(status: number): NoAnswer | undefined {
  if (status >= 200 && status < 300) return undefined
  const detail = `it answered ${status}`
  if (status >= 500 || status === 429 || status === 408) return no('server-error', detail)
  return [401, 403, 451].includes(status) ? no('forbidden', detail) : no('not-there', detail)
}

/** The body, decompressed while it comes. */
async function bodyOf(response: Dispatcher.ResponseData, bytesMax: number): Promise<Uint8Array | NoAnswer> {
  const encoding = String(response.headers['content-encoding'] ?? 'identity').toLowerCase()
  const makeDecoder = decoders[encoding as keyof typeof decoders]
  if (makeDecoder === undefined && encoding !== 'identity') {
    await discard(response)
    return no('bad-encoding', 'it is compressed in a way that was not asked for')
  }
  const decoder = makeDecoder?.()
  const stream = decoder === undefined ? response.body : decompressed(response.body, decoder)
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    // Leaving the loop destroys the stream, and with it the connection.
    if (bytes > bytesMax)
      return decoder !== undefined && bytes > decoder.bytesWritten * bombFactor
        ? no('zip-bomb', `${decoder.bytesWritten} bytes decompress to more than ${bytesMax}`)
        : no('too-large', `more than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, bytes)
}

/** With the errors of the source, which `pipe` alone would leave behind. */
function decompressed(source: Readable, decoder: ReturnType<(typeof decoders)[keyof typeof decoders]>): Readable {
  source.once('error', (error) => decoder.destroy(error))
  decoder.once('close', () => source.destroy())
  return source.pipe(decoder)
}

/** Closes the connection: to read on, only to use it again, would be what a trap wants. */
async function discard({ body }: Dispatcher.ResponseData): Promise<void> {
  body.once('error', () => {})
  body.destroy()
}

const no = (reason: Reason, detail: string): NoAnswer => ({ ok: false, reason, detail })

/** By the codes of node, zlib, llhttp and undici. */
function noAnswerOf(error: unknown): NoAnswer {
  const { code = '', message, name } = error as NodeJS.ErrnoException
  if (error instanceof AddressRefused) return no('private-address', message)
  if (code === 'ENOTFOUND') return no('no-such-host', 'its name is unknown')
  if (error instanceof HeadersLate) return no('slow-headers', 'its answer did not begin in time')
  if (name === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW') return no('bad-http', 'its answer is not HTTP')
  if (/^(Z_|ERR__ERROR_|ERR_BROTLI|ZSTD_)/.test(code)) return no('bad-encoding', 'its body cannot be decompressed')
  return no('unreachable', code === '' ? message : code)
}
