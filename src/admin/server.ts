/** The two servers of a running app: everything on a socket file that only this user may open, and health alone on a port. */
import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import { listenOnPort, listenOnSocket } from '../internal/platform/http.ts'
import { nodeClock } from '../internal/platform/node.ts'
import type { RunningApp } from '../runtime/running.ts'
import { healthRoutes } from './health.ts'
import { adminRoutes } from './routes.ts'
import { subjectOf } from './subject.ts'

/** Serves all routes on the socket file `path`, mode 0600; a stale file there is replaced. Whoever holds the journal owns its folder, so no live one can be. */
export async function serveSocket(
  running: RunningApp,
  { path }: { readonly path: string },
): Promise<{ close(): Promise<void> }> {
  const ending = new AbortController()
  const listening = await listenOnSocket(
    serverOf(adminRoutes({ subject: subjectOf(running), clock: nodeClock, signal: ending.signal })),
    path,
  )
  return {
    async close() {
      ending.abort()
      await listening.close()
    },
  }
}

/** Serves `/livez` and `/readyz`; port 0 takes any free one. Host default: 127.0.0.1, so that nothing is published by itself. */
export async function serveHealth(
  running: RunningApp,
  { port, host = '127.0.0.1' }: { readonly port: number; readonly host?: string },
): Promise<{ readonly port: number; close(): Promise<void> }> {
  return listenOnPort(serverOf(healthRoutes(() => running.health())), port, host)
}

/** The adapter would put its own Request and Response in place of Node's; a library leaves the globals of its user alone. */
const serverOf = (routes: Hono): Server =>
  createAdaptorServer({ fetch: routes.fetch, overrideGlobalObjects: false }) as Server
