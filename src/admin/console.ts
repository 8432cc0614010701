/** The console: its files, and behind them the routes that they ask. */
import { Hono } from 'hono'
import { MetrobusError } from '../errors/index.ts'
import { listenOnPort } from '../internal/platform/http.ts'
import { nodeClock } from '../internal/platform/node.ts'
import { consoleFiles } from '../internal/platform/page-files.ts'
import type { RunningApp } from '../runtime/running.ts'
import { pageGuard } from './page-guard.ts'
import { adminRoutes } from './routes.ts'
import { serverOf } from './server.ts'
import { subjectOf } from './subject.ts'

/** Where the console is served. */
export interface ConsoleOptions {
  /** 0 takes any free one. */
  readonly port: number
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

/**
 * Serves the console of a running app at 127.0.0.1, for whoever is on this machine: no other host can connect, and no page of another origin is answered. Rejects with
 * MB_CANNOT_LISTEN, and with MB_NO_CONSOLE where it is not built.
 */
export async function serveConsole(
  running: RunningApp,
  { port }: ConsoleOptions,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const files = consoleFiles()
  if (files === undefined) throw new MetrobusError('MB_NO_CONSOLE', undefined)
  const ending = new AbortController()
  const routes = consoleRoutes(
    files,
    adminRoutes({ subject: subjectOf(running), clock: nodeClock, signal: ending.signal }),
  )
  const listening = await listenOnPort(() => serverOf(routes), port, '127.0.0.1')
  return {
    url: `http://127.0.0.1:${listening.port}/`,
    async close() {
      ending.abort()
      await listening.close()
    },
  }
}

/** The files of the page at their paths, everything else as the app's routes answer it; all of it behind the guard. */
export function consoleRoutes(files: ReadonlyMap<string, Buffer>, app: Hono): Hono {
  const routes = new Hono()
  routes.use(pageGuard)
  for (const [path, bytes] of files) {
    const type = types[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
    // Names of assets change with what is in them.
    const cache = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
    routes.get(
      path === '/index.html' ? '/' : path,
      () => new Response(new Uint8Array(bytes), { headers: { 'content-type': type, 'cache-control': cache } }),
    )
  }
  routes.all('*', ({ req }) => app.fetch(req.raw))
  return routes
}
