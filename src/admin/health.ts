/** `/livez` and `/readyz`: 200 or 503, with the reasons. Liveness never asks the bus; readiness is the app's own view. */
import { Hono } from 'hono'
import type { RunningApp } from '../runtime/running.ts'
import type { HealthAnswer } from './answers.ts'

/** The two routes alone, for a port that everybody may reach. */
export function healthRoutes(health: RunningApp['health']): Hono {
  const routes = new Hono()
  routes.get('/livez', () => {
    const { live, reasons } = health()
    return answer(live, reasons)
  })
  routes.get('/readyz', () => {
    const { ready, reasons } = health()
    return answer(ready, reasons)
  })
  routes.notFound(() =>
    Response.json({ error: { code: 'MB_NOT_FOUND', message: 'Here are /livez and /readyz.' } }, { status: 404 }),
  )
  return routes
}

function answer(isWell: boolean, reasons: readonly string[]): Response {
  const body: HealthAnswer = { status: isWell ? 'ok' : 'unavailable', reasons: isWell ? [] : reasons }
  return Response.json(body, { status: isWell ? 200 : 503, headers: { 'cache-control': 'no-store' } })
}
