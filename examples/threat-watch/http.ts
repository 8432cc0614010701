/**
 * The way in, and what was found:
 *
 *     POST /clients       { name, domain }: watches over somebody
 *     POST /seeds         { as, url, depth }: where the crawl begins
 *     GET  /              the alerts, the worst first, as a page
 *     GET  /alerts        the same as JSON
 *
 * What strangers have written is shown as text, whatever it is: the templates of `html` escape it, and the policy forbids what would slip through.
 */
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { html } from 'hono/html'
import { secureHeaders } from 'hono/secure-headers'
import type { RunningOf } from '../../src/index.ts'
import type { sources } from './sources/sources.ts'
import { Visit } from './sources/visits.ts'
import { Client } from './types.ts'
import { alerts } from './watch/watch.ts'
import type { watch } from './watch/watch.ts'

export interface RunningSystem {
  readonly sources: RunningOf<ReturnType<typeof sources>>
  readonly watch: RunningOf<ReturnType<typeof watch>>
}

const bodyBytesMax = 16 * 1024
const alertsMax = 1_000

export function threatWatchHttp({ sources, watch }: RunningSystem): Hono {
  const routes = new Hono()
  routes.use(secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'none'"], styleSrc: ["'unsafe-inline'"] } }))
  const limit = bodyLimit({ maxSize: bodyBytesMax })

  routes.post('/clients', limit, async (c) => {
    const client = Client.safeParse(await c.req.json().catch(() => undefined))
    if (!client.success) return c.json({ error: 'a client has a name and a domain' }, 422)
    return c.json(await watch.send('clients', client.data), 202)
  })
  routes.post('/seeds', limit, async (c) => {
    const seed = Visit.pick({ as: true, url: true })
      .extend({ depth: Visit.shape.depth.default(0) })
      .safeParse(await c.req.json().catch(() => undefined))
    if (!seed.success) return c.json({ error: 'a seed has `as`, which is page, feed or listing, and a `url`' }, 422)
    return c.json(await sources.send('seeds', { ...seed.data, moves: 0 }), 202)
  })

  const worstFirst = async () => {
    const { rows } = await watch.store(alerts).range({ limit: alertsMax })
    return rows
      .map(({ value }) => value)
      .toSorted((one, other) => other.score - one.score || (one.id < other.id ? -1 : 1))
  }
  routes.get('/alerts', async (c) => c.json(await worstFirst()))
  routes.get('/', async (c) =>
    c.html(
      html`<!doctype html>
        <html lang="en">
          <meta charset="utf-8" />
          <title>Threat-watch</title>
          <style>
            body {
              font: 15px/1.5 sans-serif;
              max-width: 60rem;
              margin: 2rem auto;
            }
            article {
              border-left: 4px solid #c22;
              padding: 0 1rem;
              margin: 1.5rem 0;
              overflow-wrap: anywhere;
            }
          </style>
          <h1>Alerts</h1>
          ${(await worstFirst()).map(
            ({ client, kind, score, subject, title, evidence, times }) =>
              html`<article>
                <h2>${kind}: ${title}</h2>
                <p>${subject}, against ${client.name}, score ${score.toFixed(2)}, seen ${times} times</p>
                <ul>
                  ${evidence.map(({ what, detail, score }) => html`<li>${what} (${score.toFixed(2)}): ${detail}</li>`)}
                </ul>
              </article>`,
          )}
        </html>`,
    ),
  )
  return routes
}
