/**
 * `/livez`, `/readyz` and `/startupz`: 200 or 503, with the reasons. Liveness never asks the bus; readiness is the app's own view. `/metrics` beside them, for an app that
 * has somebody who prints them.
 */
import { Hono } from 'hono'
import type { Health } from '../runtime/definition.ts'
import type { RunningApp } from '../runtime/running.ts'
import type { MetricsPage } from '../telemetry/telemetry.ts'
import type { HealthAnswer } from './answers.ts'

const asked = { '/livez': 'live', '/readyz': 'ready', '/startupz': 'started' } as const

/** Where health is asked for. */
export type HealthPath = keyof typeof asked

const paths = Object.keys(asked) as readonly HealthPath[]

/** These routes alone, for a port that everybody may reach. */
export function healthRoutes(health: RunningApp['health'], metrics?: () => Promise<MetricsPage>): Hono {
  const routes = new Hono()
  for (const path of paths) routes.get(path, () => healthAnswer(path, health()))
  if (metrics !== undefined)
    routes.get('/metrics', async () => {
      const { contentType, text } = await metrics()
      return new Response(text, { headers: { 'content-type': contentType, 'cache-control': 'no-store' } })
    })
  const here = [...paths, ...(metrics === undefined ? [] : ['/metrics'])]
  routes.notFound(() =>
    Response.json({ error: { code: 'MB_NOT_FOUND', message: `Here are ${here.join(', ')}.` } }, { status: 404 }),
  )
  return routes
}

/** The answer at one of the paths. */
export function healthAnswer(path: HealthPath, health: Health): Response {
  const isWell = health[asked[path]]
  const body: HealthAnswer = {
    status: isWell ? 'ok' : 'unavailable',
    reasons: isWell ? [] : health.reasons,
    ...(health.paused !== undefined && { paused: health.paused }),
  }
  return Response.json(body, { status: isWell ? 200 : 503, headers: { 'cache-control': 'no-store' } })
}
