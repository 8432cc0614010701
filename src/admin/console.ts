/** The console of a running app, at a port of this machine. Its routes are loaded when the first browser comes. */
import type { Server } from 'node:http'
import { MetrobusError } from '../errors/index.ts'
import { listenOnPort } from '../internal/platform/http.ts'
import { nodeClock } from '../internal/platform/node.ts'
import { consoleFiles } from '../internal/platform/page-files.ts'
import type { RunningApp } from '../runtime/running.ts'
import { serverOf } from './server.ts'
import type { HeldAudit } from './shared-audit.ts'
import { subjectOf } from './subject.ts'

/** Where the console is served. */
export interface ConsoleOptions {
  /** 0 takes any free one. */
  readonly port: number
  /** Where a trace is looked at, with `{trace}` for its id, such as `https://traces.example.com/trace/{trace}`. Default: the console shows the id alone. */
  readonly traceUrl?: string
  /** Path of the audit log. Default: acts are not written down. */
  readonly audit?: string
}

/**
 * Serves the console of a running app at 127.0.0.1, for whoever is on this machine: no other host can connect, and no page of another origin is answered. Rejects with
 * MB_CANNOT_LISTEN, and with MB_NO_CONSOLE where it is not built.
 */
export async function serveConsole(
  running: RunningApp,
  { port, traceUrl, audit }: ConsoleOptions,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const files = consoleFiles()
  if (files === undefined) throw new MetrobusError('MB_NO_CONSOLE', undefined)
  const ending = new AbortController()
  let held: HeldAudit | undefined
  const make = async (): Promise<Server> => {
    const [{ consoleRoutes }, { adminRoutes }, { holdAudit }] = await Promise.all([
      import('./console-routes.ts'),
      import('./routes.ts'),
      import('./shared-audit.ts'),
    ])
    if (audit !== undefined) held ??= holdAudit(audit)
    const { signal } = ending
    const app = adminRoutes({ subject: subjectOf(running), clock: nodeClock, signal, audit: held?.log })
    return serverOf(consoleRoutes(files, app, undefined, { traceUrl: traceUrl ?? null }))
  }
  const listening = await listenOnPort(make, port, '127.0.0.1')
  return {
    url: `http://127.0.0.1:${listening.port}/`,
    async close() {
      ending.abort()
      await listening.close()
      await held?.release()
    },
  }
}
