/**
 * What a stop can have besides its function: limits, which have nothing to do with the order key; middleware around every call; and `stop.batch`, which is
 * given several events at once.
 */
import { setTimeout } from 'node:timers/promises'
import * as z from 'zod'
import { embedded, entry, line, metrobus, stop } from '../../src/index.ts'
import type { Middleware } from '../../src/index.ts'

const Page = z.object({ host: z.string(), path: z.string() })
const Sized = z.object({ host: z.string(), path: z.string(), bytes: z.number() })

const timed: Middleware = async (data, { event, report }, next) => {
  const start = performance.now()
  const outcome = await next(data)
  if (performance.now() - start > 500) report(new Error(`${event.ride} took long`))
  return outcome
}

const running = new Map<string, number>()
const most = new Map<string, number>()

/** Stands for a call over the network; a real one is given the signal, too. */
async function call(host: string, path: string, signal: AbortSignal): Promise<number> {
  const now = (running.get(host) ?? 0) + 1
  running.set(host, now)
  most.set(host, Math.max(now, most.get(host) ?? 0))
  await setTimeout(20, undefined, { signal })
  running.set(host, running.get(host)! - 1)
  return path.length * 100
}

// Two calls at once to a host, however many pages wait, and 500 a second to all of them.
const limits = [{ by: ({ host }: z.infer<typeof Page>) => host, limit: 2 }, { rate: 500 }]
const measure = stop(
  'measure',
  { in: Page, out: Sized, effects: 'none', limits, middleware: [timed] },
  async (page, { signal }) => ({ ...page, bytes: await call(page.host, page.path, signal) }),
)

/** Stands for a table: one statement writes all rows. */
const rows = new Map<string, number>()
const store = stop.batch('store', { in: Sized, size: 50 }, (pages) => {
  for (const { host, path, bytes } of pages) rows.set(`${host}${path}`, bytes)
  return pages.map(() => null)
})

const pages = entry('pages', {
  in: Page,
  key: ({ host, path }) => host + path,
  route: line('crawl').via(measure).to(store),
})

await using app = await metrobus('crawler', { entries: [pages] }).start({ bus: embedded({ dir: './data' }) })
const all = ['a.example', 'b.example'].flatMap((host) =>
  ['/', '/one', '/two', '/three'].map((path) => ({ host, path })),
)
await Promise.all(all.map((page) => app.send('pages', page)))
await app.caughtUp()
for (const [host, calls] of most) console.log(`${host}: ${calls} calls at once at most`)
console.log(`${rows.size} pages stored`)
