import type { Bus } from '../src/bus/bus.ts'
/** A started campaign, with what every bench over it needs. */
import * as library from '../src/index.ts'
import type { RunningApp } from '../src/runtime/running.ts'
import { endedTopic } from '../src/runtime/topics.ts'
import type { Telemetry } from '../src/telemetry/index.ts'
import { appName, campaignApp } from './campaign-app.ts'
import type { Keep, Schemas } from './campaign-app.ts'
import { contactOf, idOf, timeOf } from './contact.ts'
import { metered } from './meter.ts'
import type { OnEnded } from './meter.ts'

export interface Run {
  readonly running: RunningApp
  /** Sends contact `index`. */
  readonly send: (index: number) => Promise<unknown>
  /** Waits for `work`, or fails as soon as the app does. */
  readonly during: (work: Promise<unknown>) => Promise<void>
}

export async function startRun(
  bus: Bus,
  keep: Keep,
  onEnded: OnEnded,
  ids: 'made' | 'given' = 'made',
  schemas?: Schemas,
  telemetry: readonly Telemetry[] = [],
): Promise<Run> {
  const running = await campaignApp(library, keep, schemas).start({
    bus: metered(bus, endedTopic(appName), onEnded),
    telemetry,
  })
  return {
    running,
    send: (index) =>
      running.send(
        'contacts',
        contactOf(index),
        ids === 'made' ? { time: timeOf(index) } : { time: timeOf(index), id: idOf(index) },
      ),
    during: async (work) => {
      await Promise.race([
        work,
        running.stopped.then(() => {
          throw new Error('The app stopped in the middle of the run.')
        }),
      ])
    },
  }
}
