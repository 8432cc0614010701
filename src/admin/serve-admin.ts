/** The admin API where others can reach it: on a port, or within a server of the user's own. */
import type { Server } from 'node:http'
import { MetrobusError } from '../errors/index.ts'
import type { Log } from '../internal/log.ts'
import { httpsFactory, listenOnPort } from '../internal/platform/http.ts'
import { nodeDisk } from '../internal/platform/node-disk.ts'
import { nodeClock, nodeRandom } from '../internal/platform/node.ts'
import { consoleFiles } from '../internal/platform/page-files.ts'
import { stderrLog } from '../internal/platform/stderr-log.ts'
import type { RunningApp } from '../runtime/running.ts'
import type { AccessOptions } from './access.ts'
import type { ActKind } from './act.ts'
import type { ApprovalRule } from './approvals.ts'
import type { MaskRule } from './masks.ts'
import { peerOf } from './peer.ts'
import type { RoutesOptions } from './routes.ts'
import { serverOf } from './server.ts'
import { subjectOf } from './subject.ts'
import { readTextFile } from './text-file.ts'

/** What the admin API allows whom. */
export interface AdminHandlerOptions {
  /** Who may ask what. */
  readonly access: AccessOptions
  /** Path of the audit log. Default: acts are not written down. */
  readonly audit?: string
  /** Serves the console at the root, to whoever may ask. Default: false. */
  readonly console?: boolean
  /** Where the console leads for a trace, with `{trace}` for its id, such as `https://traces.example.com/trace/{trace}`. Default: it shows the id alone. */
  readonly traceUrl?: string
  /** Requests a second of one identity. Default: 50. */
  readonly requestsPerSecond?: number
  /** Acts that take two: somebody else approves what one has asked for. Needs `audit`. Default: none. */
  readonly approvals?: Readonly<Partial<Record<ActKind, ApprovalRule>>>
  /** What of payloads leaves the server for nobody. Default: nothing is masked. */
  readonly masks?: readonly MaskRule[]
  /** Where acts are told of, with the head of the audit log. Default: warnings and errors as JSON lines on standard error. */
  readonly log?: Log
}

/** The paths of PEM files. */
export interface TlsOptions {
  readonly cert: string
  readonly key: string
  /** Whose certificates of clients count. Default: clients are not asked for one. */
  readonly ca?: string
}

/** Where the admin API listens. */
export interface AdminOptions extends Omit<AdminHandlerOptions, 'access'> {
  /** 0 takes any free one. */
  readonly port: number
  /** Beyond 127.0.0.1, `::1` and `localhost` only with `access`. Default: 127.0.0.1. */
  readonly host?: string
  /** Default: whoever is on this machine may do everything, and a page of another origin nothing. */
  readonly access?: AccessOptions
  /** Default: HTTP without TLS, for a host behind something that has it. */
  readonly tls?: TlsOptions
}

/** The admin API for a server that somebody else runs: `fetch` takes a Request and answers a Response, as in `app.all('/admin/*', mount(handler.fetch))` with hono. */
export interface AdminHandler {
  /** The second argument is what `@hono/node-server` gives of the connection; client certificates are read from it. */
  readonly fetch: (request: Request, connection?: unknown) => Promise<Response>
  /** Ends the streams that are open, and the audit log. */
  close(): Promise<void>
}

const requestsPerSecondDefault = 50
const loopback = /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/

/** Rejects with MB_BAD_OPTIONS, and with MB_NO_CONSOLE where it was asked for and is not built. */
export async function adminHandler(running: RunningApp, options: AdminHandlerOptions): Promise<AdminHandler> {
  const { accessOf } = await import('./access.ts')
  const access = accessOf(options.access, nodeDisk, nodeClock)
  return handlerOf(running, options, (request, connection) => access(request, peerOf(connection)))
}

/**
 * Serves the admin API of a running app, and its console when asked. Rejects with MB_OPEN_ADMIN where everybody could do everything, MB_CANNOT_LISTEN, MB_BAD_OPTIONS, and MB_NO_CONSOLE.
 */
export async function serveAdmin(
  running: RunningApp,
  options: AdminOptions,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { port, host = '127.0.0.1', access, tls, ...rest } = options
  if (access === undefined && !loopback.test(host)) throw new MetrobusError('MB_OPEN_ADMIN', { where: host })
  if (access?.certificates !== undefined && tls?.ca === undefined)
    throw new MetrobusError('MB_BAD_OPTIONS', {
      what: 'The admin API',
      faults: ['"access.certificates" needs "tls" with a "ca"'],
    })
  const handler = await (access === undefined
    ? handlerOf(running, rest, undefined)
    : adminHandler(running, { ...rest, access }))
  const secure = tls === undefined ? undefined : await secureOf(tls)
  const listening = await listenOnPort((): Promise<Server> => serverOf(handler, secure), port, host)
  const name = host.includes(':') ? `[${host}]` : host
  return {
    url: `http${tls === undefined ? '' : 's'}://${name}:${listening.port}/`,
    async close() {
      await handler.close()
      await listening.close()
    },
  }
}

type Identify = NonNullable<RoutesOptions['identify']>

async function handlerOf(
  running: RunningApp,
  options: Omit<AdminHandlerOptions, 'access'>,
  identify: Identify | undefined,
): Promise<AdminHandler> {
  const files = options.console === true ? consoleFiles() : new Map<string, Buffer>()
  if (files === undefined) throw new MetrobusError('MB_NO_CONSOLE', undefined)
  const [{ Approvals }, { maskOf }, { consoleRoutes }, { adminRoutes }, { holdAudit }, { pageGuard }] =
    await Promise.all([
      import('./approvals.ts'),
      import('./masks.ts'),
      import('./console-routes.ts'),
      import('./routes.ts'),
      import('./shared-audit.ts'),
      import('./page-guard.ts'),
    ])
  const { log = stderrLog, approvals, masks } = options
  if (approvals !== undefined && options.audit === undefined)
    throw new MetrobusError('MB_BAD_OPTIONS', { what: 'The admin API', faults: ['"approvals" needs "audit"'] })
  const ending = new AbortController()
  const audit = options.audit === undefined ? undefined : holdAudit(options.audit, log)
  const app = adminRoutes({
    subject: subjectOf(running),
    clock: nodeClock,
    signal: ending.signal,
    audit: audit?.log,
    ...(approvals !== undefined && { approvals: new Approvals(approvals, nodeClock, () => nodeRandom.id()) }),
    ...(masks !== undefined && { mask: maskOf(masks) }),
    alarm: (facts) => log.error(facts, 'the glass was broken: an act that takes two was done by one'),
    ...(identify !== undefined && {
      identify,
      requestsPerSecond: options.requestsPerSecond ?? requestsPerSecondDefault,
    }),
  })
  const door = { guard: pageGuard({ isOpen: identify === undefined }), ...(identify !== undefined && { identify }) }
  const routes = consoleRoutes(files, app, door, { traceUrl: options.traceUrl ?? null })
  return {
    fetch: async (request, connection) => routes.fetch(request, connection ?? {}),
    async close() {
      ending.abort()
      await audit?.release()
    },
  }
}

async function secureOf({ cert, key, ca }: TlsOptions): Promise<object> {
  const read = async (path: string): Promise<string> => {
    const text = await readTextFile(nodeDisk, path)
    if (text === undefined) throw new MetrobusError('MB_NOT_FOUND', { kind: 'file', name: path })
    return text
  }
  return {
    createServer: await httpsFactory(),
    serverOptions: {
      cert: await read(cert),
      key: await read(key),
      // Who brings no certificate may still bring a token; one of a foreign authority is none.
      ...(ca !== undefined && { ca: await read(ca), requestCert: true, rejectUnauthorized: false }),
      minVersion: 'TLSv1.2',
    },
  }
}
