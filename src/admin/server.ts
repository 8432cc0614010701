/**
 * The two servers of a running app: everything on a socket file that only this user may open, and health alone on a port. What they
 * stand on is loaded when it is needed: for the socket, when somebody connects.
 */
import type { Server } from 'node:http'
import type { Hono } from 'hono'
import { listenOnPort, listenOnSocket } from '../internal/platform/http.ts'
import { nodeClock } from '../internal/platform/node.ts'
import type { RunningApp } from '../runtime/running.ts'
import type { MetricsPage } from '../telemetry/telemetry.ts'
import { subjectOf } from './subject.ts'

/** Serves all routes on the socket file `path`, mode 0600; a stale file there is replaced. Whoever holds the journal owns its folder, so no live one can be. */
export async function serveSocket(
  running: RunningApp,
  { path }: { readonly path: string },
): Promise<{ close(): Promise<void> }> {
  const ending = new AbortController()
  const make = async (): Promise<Server> => {
    const { adminRoutes } = await import('./routes.ts')
    return serverOf(adminRoutes({ subject: subjectOf(running), clock: nodeClock, signal: ending.signal }))
  }
  const listening = await listenOnSocket(make, path)
  return {
    async close() {
      ending.abort()
      await listening.close()
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

/** The adapter would put its own Request and Response in place of Node's; a library leaves the globals of its user alone. */
export async function serverOf(routes: Hono): Promise<Server> {
  const { createAdaptorServer } = await import('@hono/node-server')
  return createAdaptorServer({ fetch: routes.fetch, overrideGlobalObjects: false }) as Server
}
