/** The console's files, and behind them the routes that they ask. */
import { Hono } from 'hono'
import { pageGuard } from './page-guard.ts'

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
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
