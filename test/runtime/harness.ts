import type { Bus } from '../../src/bus/bus.ts'
/** Apps for the runtime's tests, made of plain definitions, on the memory bus and a clock that stands still until it is moved. */
import { memory, type MemoryOptions } from '../../src/bus/memory/index.ts'
import { silentLog } from '../../src/internal/log.ts'
import type { Router } from '../../src/itinerary/router.ts'
import { plotSlip } from '../../src/itinerary/slip.ts'
import { defaultPolicy, type ResolvedPolicy } from '../../src/resilience/retry-policy.ts'
import type { AppDefinition, EntryDefinition } from '../../src/runtime/definition.ts'
import type { StartOptions } from '../../src/runtime/options.ts'
import type { RunningApp } from '../../src/runtime/running.ts'
import { startApp } from '../../src/runtime/start.ts'
import type { StandardSchema } from '../../src/schema/standard.ts'
import type { StopContext, StopDefinition } from '../../src/stop/definition.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../src/testing/index.ts'

/** Takes anything. */
export const anything: StandardSchema = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
}

export type Handler = (data: never, context: StopContext) => unknown

/** A stop with defaults for everything but its name and handler. */
export function stopOf(
  name: string,
  handler: Handler,
  changes: Partial<Omit<StopDefinition, 'policy'>> & { readonly policy?: Partial<ResolvedPolicy> } = {},
): StopDefinition {
  return {
    kind: 'stop',
    name,
    inSchema: anything,
    outSchema: anything,
    schemaVersion: 1,
    hasEffects: true,
    key: undefined,
    concurrency: 256,
    limits: [],
    middleware: [],
    next: undefined,
    targets: new Map(),
    emits: [],
    stores: {},
    batch: undefined,
    handler: handler,
    ...changes,
    policy: { ...defaultPolicy, jitter: 0, ...changes.policy },
  }
}

/** A line of stops; the last one ends the ride. */
export function lineOf(name: string, ...stops: readonly StopDefinition[]): Router {
  const slip = plotSlip(
    name,
    '1',
    stops.map((stop) => stop.name),
  )
  const all = new Map<string, StopDefinition>()
  const add = (stop: StopDefinition): void => {
    if (all.has(stop.name)) return
    all.set(stop.name, stop)
    if (stop.next !== undefined) add(stop.next)
    for (const target of stop.targets.values()) for (const other of target.stops) add(other)
  }
  for (const stop of stops) add(stop)
  return {
    kind: 'line',
    name,
    stops: [...all.values()],
    lines: [{ name, version: '1', stops }],
    plot: () => slip,
    conduct: undefined,
  }
}

export function entryOf(name: string, router: Router, changes: Partial<EntryDefinition> = {}): EntryDefinition {
  return {
    kind: 'entry',
    name,
    inSchema: anything,
    key: (data: { readonly key?: string }) => data.key ?? null,
    router,
    from: undefined,
    dedupe: { countMax: 100, timeMs: 60_000 },
    ...changes,
  }
}

/** An entry to one stop that does nothing. */
export const idle = (): { readonly entries: readonly EntryDefinition[] } => ({
  entries: [
    entryOf(
      'in',
      lineOf(
        'main',
        stopOf('work', () => {}),
      ),
    ),
  ],
})

export interface World {
  readonly clock: VirtualClock
  readonly bus: Bus
  start(
    definition: Partial<AppDefinition> & Pick<AppDefinition, 'entries'>,
    options?: Partial<StartOptions>,
  ): Promise<RunningApp>
}

/** A clock, a disk and a bus of its own for one test. */
export function world(options: MemoryOptions = {}): World {
  const clock = new VirtualClock()
  const random = new SeededRandom(7)
  const bus = memory(options)
  const platform = { clock, random, disk: new SimDisk() }
  return {
    clock,
    bus,
    start: (definition, start) =>
      startApp(
        { name: 'app', publishes: [], codeVersion: 'test', ...definition },
        // Each app is in a process of its own.
        { bus, platform: { ...platform }, log: silentLog, socket: false, blockedAfter: 0, ...start },
      ),
  }
}

/** Lets everything come to rest without moving time. */
export async function rest({ clock }: World): Promise<void> {
  await clock.advance(0)
}

/** Sorted by what they look like: for what may come in any order. */
export function byText(values: readonly unknown[]): unknown[] {
  return values.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
}
