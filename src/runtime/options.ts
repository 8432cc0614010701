import type { Bus } from '../bus/bus.ts'
/** How an app is started, and the same with every default filled in. */
import { MetrobusError } from '../errors/index.ts'
import type { Log } from '../internal/log.ts'
import { nodePlatform } from '../internal/platform/node.ts'
import type { Platform } from '../internal/platform/platform.ts'
import { stderrLog } from '../internal/platform/stderr-log.ts'
import type { StoreEngine } from '../store/store.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** A key for itineraries. The secret never reaches a handler. */
export interface SigningOptions {
  /** Names the key, in public: a-z, 0-9 and "-". */
  readonly key: string
  readonly secret: string | Uint8Array
  /** Keys of other apps whose itineraries are accepted, each with the lines that it may use. Default: none but the own. */
  readonly accept?: readonly {
    readonly key: string
    readonly secret: string | Uint8Array
    readonly app: string
    readonly lines: readonly string[]
  }[]
}

export interface StartOptions {
  /** What carries the events. The one line that changes between one process and a cluster. */
  readonly bus: Bus
  /** Longest time that `stop()` waits for running handlers, in milliseconds. Default: 10,000. */
  readonly drain?: number | { readonly seconds: number }
  /** Serves /livez, /readyz and /startupz there, and /metrics where `telemetry` has it. Default: none. */
  readonly health?: { readonly port: number; readonly host?: string }
  /** Path of the local socket for the command line, or false for none. Default: `<app>.sock` in the folder of an embedded journal. */
  readonly socket?: string | false
  /** Freezes decoded data, so that a handler cannot change what another sees. Default: true. Off is faster for deeply nested events, at your own risk. */
  readonly freeze?: boolean
  /** Stops on SIGTERM and SIGINT, draining; a second signal ends the process at once. Default: false. */
  readonly signals?: boolean
  /** Signs the itinerary at each hop, and refuses one that comes back from the bus without an accepted signature. Default: none. */
  readonly signing?: SigningOptions
  /** What becomes of parked and waiting events of a stop that this app no longer has. 'discard' acknowledges them unhandled, and forgets its parked keys. Default: 'refuse', which refuses the start. */
  readonly removedStops?: 'refuse' | 'discard'
  /** How often an event may kill the process while it runs alone, before it is a dead letter. Default: 3. */
  readonly killsMax?: number
  /** A loop blocked longer than this is reported with its stop and stack, in milliseconds; 0 is never. Default: 1,000. */
  readonly blockedAfter?: number
  /**
   * What holds the stores of the stops on this machine; their logs are on the bus. An engine serves one app: for several, as of `startAll`, a function makes one for each,
   * `() => sqlite({ dir })`. Default: memory, read from the logs at each start.
   */
  readonly stores?: StoreEngine | (() => StoreEngine)
  /** Who looks at the app, such as `prometheus({ port: 9464 })` of `metrobus/telemetry`; one may look at several apps. Default: nobody; what is measured is measured all the same. */
  readonly telemetry?: Telemetry | readonly Telemetry[]
  /** Takes log lines; pino fits. Default: warnings and errors as JSON lines on standard error. */
  readonly log?: Log
  /** Time, randomness and disk. Default: those of Node. */
  readonly platform?: Platform
}

export interface ResolvedStartOptions {
  readonly bus: Bus
  readonly drainMs: number
  readonly health: { readonly port: number; readonly host: string } | undefined
  readonly socket: string | false | undefined
  readonly freeze: boolean
  readonly signals: boolean
  readonly signing: SigningOptions | undefined
  readonly removedStops: 'refuse' | 'discard'
  readonly killsMax: number
  readonly blockedAfterMs: number
  readonly stores: StoreEngine | undefined
  readonly telemetry: readonly Telemetry[]
  readonly log: Log
  readonly platform: Platform
}

/** Fills in the defaults; throws MB_BAD_OPTIONS with every fault and its path. */
export function resolveStartOptions(options: StartOptions): ResolvedStartOptions {
  const drainMs = typeof options.drain === 'object' ? options.drain.seconds * 1000 : (options.drain ?? 10_000)
  const resolved: ResolvedStartOptions = {
    bus: options.bus,
    drainMs,
    health: options.health === undefined ? undefined : { host: '127.0.0.1', ...options.health },
    socket: options.socket,
    freeze: options.freeze ?? true,
    signals: options.signals ?? false,
    signing: options.signing,
    removedStops: options.removedStops ?? 'refuse',
    killsMax: options.killsMax ?? 3,
    blockedAfterMs: options.blockedAfter ?? 1_000,
    stores: typeof options.stores === 'function' ? options.stores() : options.stores,
    telemetry: [options.telemetry ?? []].flat(),
    log: options.log ?? stderrLog,
    platform: options.platform ?? nodePlatform,
  }
  const faults: string[] = []
  for (const { key, secret } of [options.signing ?? [], options.signing?.accept ?? []].flat()) {
    if (!/^[a-z0-9-]{1,100}$/.test(key))
      faults.push(`signing: the key ${JSON.stringify(key)} must be 1 to 100 of a-z, 0-9 and "-"`)
    if (secret.length < 16)
      faults.push(`signing: the secret of the key ${JSON.stringify(key)} must have at least 16 bytes`)
  }
  if (typeof (options.bus as Bus | undefined)?.join !== 'function')
    faults.push('bus must be a bus, such as embedded({ dir: "./data" })')
  if (!(drainMs >= 0)) faults.push(`drain must be 0 or more milliseconds, found ${String(drainMs)}`)
  if (!(Number.isInteger(resolved.killsMax) && resolved.killsMax >= 1))
    faults.push(`killsMax must be a whole number from 1, found ${String(options.killsMax)}`)
  if (!(resolved.blockedAfterMs >= 0))
    faults.push(`blockedAfter must be 0 or more milliseconds, found ${String(options.blockedAfter)}`)
  if (
    resolved.health !== undefined &&
    !(Number.isInteger(resolved.health.port) && resolved.health.port >= 0 && resolved.health.port < 65_536)
  )
    faults.push(`health.port must be a port, found ${String(resolved.health.port)}`)
  if (faults.length > 0) throw new MetrobusError('MB_BAD_OPTIONS', { what: 'The options of start()', faults })
  return resolved
}
