/**
 * The two servers of a running app: everything on a socket file that only this user may open, and health alone on a port. What they
 * stand on is loaded when it is needed: for the socket, when somebody connects.
 */
import type { Server } from 'node:http'
import { listenOnPort, listenOnSocket } from '../internal/platform/http.ts'
import { nodeClock } from '../internal/platform/node.ts'
import type { RunningApp } from '../runtime/running.ts'
import type { MetricsPage } from '../telemetry/telemetry.ts'
import type { HeldAudit } from './shared-audit.ts'
import { subjectOf } from './subject.ts'

/** Serves all routes on the socket file `path`, mode 0600; a stale file there is replaced. Acts are written to the audit log beside it. Whoever holds the journal owns its folder, so no live one can be. */
export async function serveSocket(
  running: RunningApp,
  { path }: { readonly path: string },
): Promise<{ close(): Promise<void> }> {
  const ending = new AbortController()
  let held: HeldAudit | undefined
  const make = async (): Promise<Server> => {
    const [{ adminRoutes }, { auditBeside, holdAudit }] = await Promise.all([
      import('./routes.ts'),
      import('./shared-audit.ts'),
    ])
    held ??= holdAudit(auditBeside(path))
    const { signal } = ending
    return serverOf(adminRoutes({ subject: subjectOf(running), clock: nodeClock, signal, audit: held.log }))
  }
  const listening = await listenOnSocket(make, path)
  return {
    async close() {
      ending.abort()
      await listening.close()
      await held?.release()
    },
  }
}

/** Where health is served. */
export interface HealthOptions {
  readonly port: number
  readonly host?: string
  readonly metrics?: (() => Promise<MetricsPage>) | undefined
}

/** Serves `/livez`, `/readyz`, `/startupz`, and `/metrics` where somebody prints them; port 0 takes any free one. Host default: 127.0.0.1, so that nothing is published by itself. */
export async function serveHealth(
  running: RunningApp,
  { port, host = '127.0.0.1', metrics }: HealthOptions,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const make = async (): Promise<Server> => {
    const { healthRoutes } = await import('./health.ts')
    return serverOf(healthRoutes(() => running.health(), metrics))
  }
  return listenOnPort(make, port, host)
}

/** How long a client may take, so that one that sends a byte a minute holds nothing: to bring its headers, to bring its body, and between two requests. */
const patience = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
}
const connectionsMax = 512

/** What the adapter is told beside: TLS. */
export interface ServerOptions {
  readonly createServer?: unknown
  readonly serverOptions?: object
}

/** The adapter would put its own Request and Response in place of Node's; a library leaves the globals of its user alone. */
export async function serverOf(
  routes: { fetch(request: Request, connection?: unknown): Response | Promise<Response> },
  { createServer, serverOptions }: ServerOptions = {},
): Promise<Server> {
  const { createAdaptorServer } = await import('@hono/node-server')
  const server = createAdaptorServer({
    fetch: (request, connection) => routes.fetch(request, connection),
    overrideGlobalObjects: false,
    ...(createServer !== undefined && { createServer: createServer as never }),
    serverOptions: { ...patience, ...serverOptions },
  }) as Server
  server.maxConnections = connectionsMax
  return server
}
