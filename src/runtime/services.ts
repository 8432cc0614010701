/**
 * What runs beside the lanes of a started app: the local socket for the command line, the health port, signals, watchdog. Loaded lazily: importing the core
 * loads none of it.
 */
import { join } from 'node:path'
import type { Bus } from '../bus/bus.ts'
import { nodeClock } from '../internal/platform/node.ts'
import { onSignals, onUncaughtException, onUnhandledRejection } from '../internal/platform/process.ts'
import { currentScope } from '../internal/scope.ts'
import type { Observed } from '../telemetry/telemetry.ts'
import { Attempt } from './attempt.ts'
import type { Engine } from './engine.ts'
import { Lane } from './lane.ts'
import type { ResolvedStartOptions } from './options.ts'
import type { RunningApp } from './running.ts'
import { startWatchdog } from './watchdog.ts'

/** Something that is closed before the app leaves its bus. */
export interface Service {
  close(): void | Promise<void>
  /** Stays when the app has failed, to tell of it, until the app is stopped or the process ends. */
  readonly tellsOfFailure?: boolean
}

/** Begins what can begin at once. */
export function startServices(running: RunningApp, engine: Engine, options: ResolvedStartOptions): Service[] {
  const services: Service[] = [
    { close: onUnhandledRejection((error) => reportRejection(engine, error)) },
    { close: onUncaughtException((error) => logException(engine, error)) },
  ]
  if (options.blockedAfterMs > 0 && options.platform.clock === nodeClock)
    services.push({ close: startWatchdog(engine, options.blockedAfterMs) })
  if (options.signals) services.push({ close: onSignals(() => running.stop()) })
  return services
}

/** Begins to listen: lets telemetry look, at the local socket, and at the health port when there is one. It takes a server and its libraries, for which no event has to wait. */
export async function listen(
  running: RunningApp,
  bus: Bus,
  observed: Observed,
  options: ResolvedStartOptions,
): Promise<readonly Service[]> {
  const path =
    options.socket ?? (bus.socketFolder === undefined ? false : join(bus.socketFolder, `${running.name}.sock`))
  if (path === false && options.health === undefined && options.telemetry.length === 0) return []
  const services: Service[] = []
  try {
    for (const telemetry of options.telemetry)
      services.push({ ...(await telemetry.watch(observed)), tellsOfFailure: true })
    if (path !== false || options.health !== undefined) {
      const { serveHealth, serveSocket } = await import('../admin/index.ts')
      const metrics = options.telemetry.find(({ page }) => page !== undefined)?.page
      if (path !== false) services.push(await serveSocket(running, { path }))
      if (options.health !== undefined) services.push(await serveHealth(running, { ...options.health, metrics }))
    }
  } catch (error) {
    for (const service of services) await service.close()
    throw error
  }
  return services
}

/** True when the rejection came out of a handler of this app, and is now in the error log with its stop and event. */
function reportRejection(engine: Engine, error: unknown): boolean {
  const origin = originIn(engine)
  if (origin !== undefined) engine.report({ ...origin, error })
  return origin !== undefined
}

/** The process ends with it; a log line is all that can still be said of where it came from. */
function logException(engine: Engine, error: unknown): void {
  const origin = originIn(engine)
  if (origin === undefined) return
  const { stop, id } = origin
  engine.log.error(
    { app: engine.definition.name, stop, event: id, error: String(error) },
    'a handler threw where nobody can catch it, so the process ends',
  )
}

/** The stop of this app that the running code comes from, and the event where each has a scope of its own. */
function originIn(engine: Engine): { readonly stop: string; readonly id?: string } | undefined {
  const scope = currentScope()
  if (scope instanceof Attempt && scope.lane.engine === engine)
    return { stop: scope.lane.stop.name, id: scope.record.id }
  if (scope instanceof Lane && scope.engine === engine) return { stop: scope.stop.name }
  return undefined
}
