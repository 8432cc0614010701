/**
 * What runs beside the lanes of a started app: the local socket for the command line, the health port, signals, watchdog. Loaded lazily: importing the core
 * loads none of it.
 */
import { join } from 'node:path'
import type { Bus } from '../bus/bus.ts'
import { nodeClock } from '../internal/platform/node.ts'
import { onSignals, onUnhandledRejection } from '../internal/platform/process.ts'
import { currentScope } from '../internal/scope.ts'
import { Attempt } from './attempt.ts'
import { Lane } from './lane.ts'
import type { Engine } from './engine.ts'
import type { ResolvedStartOptions } from './options.ts'
import type { RunningApp } from './running.ts'
import { startWatchdog } from './watchdog.ts'

/** Something that is closed before the app leaves its bus. */
export interface Service {
  close(): void | Promise<void>
}

export async function startServices(running: RunningApp, engine: Engine, bus: Bus, options: ResolvedStartOptions): Promise<readonly Service[]> {
  const services: Service[] = [{ close: onUnhandledRejection((error) => reportRejection(engine, error)) }]
  if (options.blockedAfterMs > 0 && options.platform.clock === nodeClock) services.push({ close: startWatchdog(engine, options.blockedAfterMs) })
  if (options.signals) services.push({ close: onSignals(() => running.stop()) })
  const path = options.socket ?? (bus.socketFolder === undefined ? false : join(bus.socketFolder, `${running.name}.sock`))
  if (path !== false) {
    const { serveSocket } = await import('../admin/index.ts')
    services.push(await serveSocket(running, { path }))
  }
  if (options.health !== undefined) {
    const { serveHealth } = await import('../admin/index.ts')
    services.push(await serveHealth(running, options.health))
  }
  return services
}

/** True when the rejection came out of a handler of this app, and is now in the error log with its stop and event. */
function reportRejection(engine: Engine, error: unknown): boolean {
  const scope = currentScope()
  if (scope instanceof Attempt && scope.lane.engine === engine) scope.report(error)
  else if (scope instanceof Lane && scope.engine === engine) engine.report({ stop: scope.stop.name, error })
  else return false
  return true
}
