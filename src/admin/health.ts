/**
 * `/livez`, `/readyz` and `/startupz`: 200 or 503, with the reasons. Liveness never asks the bus; readiness is the app's own view. `/metrics` beside them, for an app that
 * has somebody who prints them.
 */
import { Hono } from 'hono'
import type { RunningApp } from '../runtime/running.ts'
import type { MetricsPage } from '../telemetry/telemetry.ts'
import type { HealthAnswer } from './answers.ts'

/** These routes alone, for a port that everybody may reach. */
export function healthRoutes(health: RunningApp['health'], metrics?: () => Promise<MetricsPage>): Hono {
  const routes = new Hono()
  routes.get('/livez', () => {
    const { live, reasons } = health()
    return answer(live, reasons)
  })
  routes.get('/readyz', () => {
    const { ready, reasons } = health()
    return answer(ready, reasons)
  })
  routes.get('/startupz', () => {
    const { started, reasons } = health()
    return answer(started, reasons)
  })
  if (metrics !== undefined)
    routes.get('/metrics', async () => {
      const { contentType, text } = await metrics()
      return new Response(text, { headers: { 'content-type': contentType, 'cache-control': 'no-store' } })
    })
  const here = ['/livez', '/readyz', '/startupz', ...(metrics === undefined ? [] : ['/metrics'])]
  routes.notFound(() =>
    Response.json({ error: { code: 'MB_NOT_FOUND', message: `Here are ${here.join(', ')}.` } }, { status: 404 }),
  )
  return routes
}

function answer(isWell: boolean, reasons: readonly string[]): Response {
  const body: HealthAnswer = { status: isWell ? 'ok' : 'unavailable', reasons: isWell ? [] : reasons }
  return Response.json(body, { status: isWell ? 200 : 503, headers: { 'cache-control': 'no-store' } })
}
