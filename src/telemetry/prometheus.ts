/**
 * Metrics for Prometheus, printed by `prom-client` on a registry of its own. Nothing is handed to it while events ride: when somebody asks, the counters of the apps are
 * read and printed.
 */
import type { Server } from 'node:http'
import { MetrobusError } from '../errors/index.ts'
import { listenOnPort } from '../internal/platform/http.ts'
import { merged, printedValues } from './exposition.ts'
import type { PrintedValue } from './exposition.ts'
import type { Reading } from './reading.ts'
import type { Signal } from './signals.ts'
import type { MetricsPage, Observed, Telemetry } from './telemetry.ts'

export interface PrometheusOptions {
  /** Serves GET /metrics there, 0 on any free port. Default: no port of its own; the health port and `fetch` serve it. */
  readonly port?: number
  /** Default: 127.0.0.1. A Prometheus on another machine needs '0.0.0.0' or an address of this one: whoever reaches it sees names and figures, never data of events. */
  readonly host?: string
  /** Tells of the process, too: memory, processor, event loop, garbage collection. Default: true. */
  readonly process?: boolean
}

/** Made by `prometheus`. */
export interface Prometheus extends Telemetry {
  readonly page: () => Promise<MetricsPage>
  /** Answers a request in a server of your own, such as `app.get('/metrics', (context) => metrics.fetch(context.req.raw))`. */
  readonly fetch: (request: Request) => Promise<Response>
  /** Where it listens; undefined while it does not. */
  readonly port: number | undefined
}

/**
 * Shows what the apps measure to Prometheus: `start({ bus, telemetry: prometheus({ port: 9464 }) })`. The same one may be given to several apps of a process. A start
 * rejects with MB_CANNOT_LISTEN when the port is taken.
 */
export function prometheus(options: PrometheusOptions = {}): Prometheus {
  return new Exporter(options)
}

/** What of `prom-client` is used. */
interface Registry {
  registerMetric(metric: object): void
  metrics(): Promise<string>
  readonly contentType: string
}

class Exporter implements Prometheus {
  readonly #options: PrometheusOptions
  readonly #apps: Set<Observed> = new Set()
  readonly #printed: Map<string, { signal: Signal; values: readonly PrintedValue[] }> = new Map()
  #registry: Promise<Registry> | undefined
  #answering: Promise<MetricsPage> | undefined
  #listening: Promise<{ readonly port: number; close(): Promise<void> }> | undefined
  port: number | undefined = undefined

  constructor(options: PrometheusOptions) {
    this.#options = options
  }

  async watch(app: Observed): Promise<{ close(): Promise<void> }> {
    this.#apps.add(app)
    const close = (): Promise<void> => this.#forget(app)
    try {
      this.#checkKinds(await app.read())
      if (this.#options.port !== undefined)
        this.port = (await (this.#listening ??= this.#listen(this.#options.port))).port
    } catch (error) {
      await close()
      throw error
    }
    return { close }
  }

  /** Who asks while it is answered gets the same answer. */
  readonly page = (): Promise<MetricsPage> => {
    this.#answering ??= this.#answer().finally(() => (this.#answering = undefined))
    return this.#answering
  }

  readonly fetch = async ({ method }: Request): Promise<Response> => {
    if (method !== 'GET' && method !== 'HEAD')
      return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } })
    const { contentType, text } = await this.page()
    const headers = { 'content-type': contentType, 'cache-control': 'no-store' }
    return new Response(method === 'HEAD' ? null : text, { headers })
  }

  async #answer(): Promise<MetricsPage> {
    const registry = await (this.#registry ??= this.#makeRegistry())
    const readings = merged(await Promise.all([...this.#apps].map((app) => app.read())))
    for (const printed of this.#printed.values()) printed.values = []
    for (const { signal, points } of readings) this.#hold(registry, signal).values = printedValues(signal, points)
    return { contentType: registry.contentType, text: await registry.metrics() }
  }

  #hold(registry: Registry, signal: Signal): { values: readonly PrintedValue[] } {
    const known = this.#printed.get(signal.name)
    if (known !== undefined) return known
    const made: { signal: Signal; values: readonly PrintedValue[] } = { signal, values: [] }
    const { name, help, kind } = signal
    this.#printed.set(name, made)
    registry.registerMetric({ name, get: () => Promise.resolve({ name, help, type: kind, values: made.values }) })
    return made
  }

  async #makeRegistry(): Promise<Registry> {
    const { Registry, collectDefaultMetrics } = await import('prom-client')
    const registry = new Registry()
    if (this.#options.process !== false) collectDefaultMetrics({ register: registry })
    return registry
  }

  /** Two apps may share a metric, but not its name. */
  #checkKinds(readings: readonly Reading[]): void {
    for (const { signal } of readings) {
      const known = this.#printed.get(signal.name)?.signal ?? signal
      if (known.kind === signal.kind && known.labels.join() === signal.labels.join()) continue
      const fault = `two apps of this process declare "${signal.name}", as ${known.kind} of ${known.labels.join(', ')} and as ${signal.kind} of ${signal.labels.join(', ')}`
      throw new MetrobusError('MB_BAD_OPTIONS', { what: 'The metrics', faults: [fault] })
    }
  }

  #listen(port: number): Promise<{ readonly port: number; close(): Promise<void> }> {
    const make = async (): Promise<Server> => {
      const { createAdaptorServer } = await import('@hono/node-server')
      const fetch = (request: Request): Promise<Response> | Response =>
        new URL(request.url).pathname === '/metrics'
          ? this.fetch(request)
          : new Response('Here is /metrics.\n', { status: 404 })
      const server = createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server
      // Whoever looks does not keep a process alive, one that has failed least of all.
      return server.unref()
    }
    return listenOnPort(make, port, this.#options.host ?? '127.0.0.1')
  }

  async #forget(app: Observed): Promise<void> {
    this.#apps.delete(app)
    if (this.#apps.size > 0) return
    const listening = this.#listening
    this.#listening = undefined
    this.port = undefined
    await (await listening?.catch(() => undefined))?.close()
  }
}
