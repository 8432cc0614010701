/** Starts the apps of a system together, on one bus. */
import type { App, Running } from './app.ts'
import type { StartOptions } from './options.ts'

/** A started app, by the app. */
export type RunningOf<One extends App> = One extends App<infer Entries> ? Running<Entries> : never

/** Apps that run together. */
export interface RunningAll<Apps extends Readonly<Record<string, App>>> extends AsyncDisposable {
  /** Each under the name that it was given here. */
  readonly apps: { readonly [Name in keyof Apps]: RunningOf<Apps[Name]> }
  /** Resolves when nothing is left to handle in any of them: each has caught up, and none has given another one more to do meanwhile. */
  caughtUp(): Promise<void>
  /** Stops all of them, each as its own `stop` does. */
  stop(options?: { readonly deadlineMs?: number }): Promise<{ readonly drained: boolean }>
}

/**
 * Starts several apps with the same options, such as the services of a system that share a process:
 *
 *     await using system = await startAll({ basket: basket(), order: order() }, { bus: embedded({ dir: './data' }) })
 *     await system.apps.basket.send('checkouts', checkout)
 *
 * When one of them cannot be started, those that were are stopped, and its error is thrown.
 */
export async function startAll<Apps extends Readonly<Record<string, App>>>(
  apps: Apps,
  options: StartOptions,
): Promise<RunningAll<Apps>> {
  const started = new Map<string, Running>()
  const stop: RunningAll<Apps>['stop'] = async (how) => {
    const ends = await Promise.all([...started.values()].map((app) => app.stop(how)))
    return { drained: ends.every(({ drained }) => drained) }
  }
  try {
    for (const [name, app] of Object.entries(apps)) started.set(name, await app.start(options))
  } catch (error) {
    await stop()
    throw error
  }
  return {
    apps: Object.fromEntries(started) as RunningAll<Apps>['apps'],
    caughtUp: () => allCaughtUp([...started.values()]),
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
    },
  }
}

async function allCaughtUp(apps: readonly Running[]): Promise<void> {
  const taken = (): string => JSON.stringify(apps.map((app) => app.stats().stops.map((stop) => stop.in)))
  for (let before = ''; before !== taken();) {
    before = taken()
    await Promise.all(apps.map((app) => app.caughtUp()))
  }
}
