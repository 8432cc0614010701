/** The console's files, and behind them the routes that they ask. */
import { Hono } from 'hono'
import type { MiddlewareHandler } from 'hono'
import { answerOf } from './failure.ts'
import { pageGuard } from './page-guard.ts'

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

/** What the page is told. */
export interface ConsoleSettings {
  readonly traceUrl: string | null
}

/** What stands before the page. */
export interface ConsoleDoor {
  readonly guard: MiddlewareHandler
  /** Who may be told what the page is told; default: anybody that the guard lets through. */
  readonly identify?: (request: Request, connection: unknown) => unknown
}

/** The files of the page at their paths, everything else as the app's routes answer it; all of it behind the guard. */
export function consoleRoutes(
  files: ReadonlyMap<string, Buffer>,
  app: Hono,
  { guard, identify }: ConsoleDoor = { guard: pageGuard({ isOpen: true }) },
  settings: ConsoleSettings = { traceUrl: null },
): Hono {
  const routes = new Hono()
  routes.onError(answerOf)
  routes.use(guard)
  for (const [path, bytes] of files) {
    const type = types[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
    // Names of assets change with what is in them.
    const cache = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
    // They hold no data, and who has a token has to give it there: a browser sends none with an address.
    routes.get(
      path === '/index.html' ? '/' : path,
      () => new Response(new Uint8Array(bytes), { headers: { 'content-type': type, 'cache-control': cache } }),
    )
  }
  routes.get('/console.json', async ({ req, env }) => {
    await identify?.(req.raw, env)
    return Response.json(settings)
  })
  routes.all('*', ({ req, env }) => app.fetch(req.raw, env as object))
  return routes
}
