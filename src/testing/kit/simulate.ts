/**
 * Runs an app, or several that share a bus, against crashes, redeliveries, delays and restarts that seeds choose, and says which stop does not stand them: what the fakes hold in the end must be what
 * they hold after a calm run.
 */
import { AssertionError } from 'node:assert'
import { isDeepStrictEqual } from 'node:util'
import { MetrobusError } from '../../errors/index.ts'
import type { App } from '../../runtime/app.ts'
import type { Entry } from '../../runtime/entry.ts'
import type { InOf } from '../../stop/typed.ts'
import { SeededRandom } from '../seeded-random.ts'
import { VirtualClock } from '../virtual-clock.ts'
import { inside } from './ambience.ts'
import { difference } from './difference.ts'
import { accusation, describeFault, dealFaults, faultKinds } from './fault.ts'
import type { Fault, FaultKind } from './fault.ts'
import { runOnce } from './run.ts'
import type { RunResult, Sent, Simulated, TraceLine } from './run.ts'
import { shrink } from './shrink.ts'
import type { Run } from './shrink.ts'

/** Events by the entry that they are sent to, each list in its order. */
export type EventsOf<Entries extends readonly Entry[]> = {
  readonly [One in Entries[number] as One['name']]?: readonly ([InOf<One>] extends [never] ? unknown : InOf<One>)[]
}

export interface SimulateOptions<Fakes extends object, Entries extends readonly Entry[]> {
  /** Makes what stands for the world outside; called for every run. Functions, and objects with methods: each call of them is a moment at which something may go wrong. */
  readonly fakes: () => Fakes
  /** The events that are sent, or a function that draws them. Each is sent when the one before it is at rest or held. */
  readonly events: EventsOf<Entries> | ((random: SeededRandom) => EventsOf<Entries>)
  /** What must be the same however the run went: a snapshot of the fakes, without times. */
  readonly observe: (fakes: Fakes) => unknown
  /** How many seeds, from 1, or which. `METROBUS_SEED` runs that one alone. Default: 100. */
  readonly seeds?: number | readonly number[]
  /** What may go wrong. Default: everything. */
  readonly faults?: readonly FaultKind[]
}

/** What a simulation that found nothing has done. */
export interface SimulationReport {
  readonly seeds: number
  readonly runs: number
  /** How often each fault was put in. */
  readonly faults: Readonly<Record<FaultKind, number>>
  /** Stops in which nothing went wrong, because no event came to them or there were too few seeds: of them it says nothing. */
  readonly untouched: readonly string[]
}

/** The entries of an app, or of all apps of a list. */
export type EntriesOf<Apps> =
  Apps extends App<infer Entries>
    ? Entries
    : Apps extends readonly (infer One)[]
      ? One extends App<infer Entries>
        ? Entries
        : never
      : never

/** A simulation that found something. `message` says which stop does not stand what. */
export interface Finding {
  readonly seed: number
  /** What is needed for it, shrunken; empty when the app is not deterministic. */
  readonly faults: readonly Fault[]
}

/** Every so many seeds one runs twice. */
const twiceEvery = 10
/** Every so many seeds one runs on a machine with a disk, where nobody can take over. */
const onDiskEvery = 4

/**
 * Simulates an app with what `makeApp` is given instead of the world outside. Resolves when no seed finds anything; rejects with an `AssertionError` whose message names
 * one stop and one fault wherever that is enough:
 *
 *     await simulate((fakes) => contactCampaign(fakes), {
 *       fakes: () => ({ emails: new Map([['a-1', 'ada@example.com']]), allowed: new Set(['a-1']), archive: new FakeArchive() }),
 *       events: { contacts: [{ accountId: 'a-1', campaign: 'spring' }] },
 *       observe: ({ archive }) => archive.rides,
 *     })
 *
 *     `archive` is not idempotent: a crash after `archive.put` repeats the event; seed 4
 *
 * Several apps share one bus in one process: what one publishes, the others read. Their stops are then called `email/notify`, and an event is sent to the first app that has an
 * entry of its name to be sent to.
 *
 * Inside, time, timers and randomness are virtual by their usual names, and real input and output is refused with MB_REAL_IO.
 */
export async function simulate<Fakes extends object, const Apps extends Simulated | readonly Simulated[]>(
  makeApp: (fakes: Fakes) => Apps,
  options: SimulateOptions<Fakes, EntriesOf<Apps>>,
): Promise<SimulationReport> {
  const ambience = { clock: new VirtualClock(), random: new SeededRandom(0), who: 'the simulation', refused: () => {} }
  // Around all runs, so that the names are put in place once.
  return inside(ambience, () => simulateSeeds(makeApp, options))
}

async function simulateSeeds<Fakes extends object>(
  makeApp: (fakes: Fakes) => Simulated | readonly Simulated[],
  options: SimulateOptions<Fakes, readonly Entry[]>,
): Promise<SimulationReport> {
  const { fakes, observe, faults: kinds = faultKinds } = options
  const counts = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>
  const seeds = seedsOf(options.seeds ?? 100)
  const done = { runs: 0 }
  const stops = new Set<string>()
  const touched = new Set<string>()
  for (const [index, seed] of seeds.entries()) {
    const random = new SeededRandom(seed)
    const sent = sentBy(typeof options.events === 'function' ? options.events(random) : options.events)
    const kindsOnDisk = kinds.filter((kind) => kind !== 'takeOver')
    const onDisk = seed % onDiskEvery === 0 && kindsOnDisk.length > 0
    const run: Run = (faults) => {
      done.runs++
      return runOnce({ makeApp, fakes, observe, sent, seed, faults, onDisk })
    }
    const calm = await run([])
    const ids = sent.map(({ id }) => id)
    const plan = dealFaults(seed, onDisk ? kindsOnDisk : kinds, calm.visits, ids)
    for (const stop of calm.stops) stops.add(stop)
    for (const { kind, stop } of plan) {
      counts[kind]++
      touched.add(stop)
    }
    const result = await run(plan)
    if (index % twiceEvery === 0) checkTwice(seed, result.trace, (await run(plan)).trace)
    if (!isDeepStrictEqual(result.observed, calm.observed)) await accuse(seed, plan, calm, run)
  }
  return { seeds: seeds.length, runs: done.runs, faults: counts, untouched: [...stops.difference(touched)] }
}

function seedsOf(seeds: number | readonly number[]): readonly number[] {
  const only = process.env['METROBUS_SEED']
  if (only !== undefined) return [Number(only)]
  return typeof seeds === 'number' ? Array.from({ length: seeds }, (_, index) => index + 1) : seeds
}

/** One of each entry in turn, each with an id that tells where it was sent and as which. */
function sentBy(events: Readonly<Record<string, readonly unknown[] | undefined>>): readonly Sent[] {
  const lists = Object.entries(events).map(([entry, list = []]) =>
    list.map((data, index) => ({ entry, data, id: `${entry}-${index + 1}` })),
  )
  const sent = Array.from({ length: Math.max(0, ...lists.map((list) => list.length)) }, (_, index) =>
    lists.flatMap((list) => list[index] ?? []),
  ).flat()
  if (sent.length === 0)
    throw new MetrobusError('MB_BAD_OPTIONS', { what: 'simulate()', faults: ['events are needed'] })
  return sent
}

/** Says what a disturbed run shows, shrunken, and why. */
async function accuse(seed: number, plan: readonly Fault[], calm: RunResult, run: Run): Promise<never> {
  const { faults, result } = await shrink(plan, calm, run)
  const { observed, trace } = result
  const message = [
    `${headline(faults, 'ended' in observed)}; seed ${seed}`,
    '',
    ...(faults.length === 1 ? [] : faults.map((fault) => `  ${describeFault(fault)}`)),
    `  ${'ended' in observed ? observed.ended : (difference(calm.observed, observed) ?? 'the snapshots differ')}`,
    '',
    'what happened:',
    ...around(trace, faults),
    '',
    `Run it again with METROBUS_SEED=${seed}.`,
  ].join('\n')
  throw failure(message, calm.observed, observed, { seed, faults })
}

function headline(faults: readonly Fault[], isEnded: boolean): string {
  const [first] = faults
  if (first === undefined || faults.length > 1) return `together, ${faults.length} faults change what comes of it`
  return isEnded ? `the app does not get over this: ${describeFault(first)}` : accusation(first)
}

function checkTwice(seed: number, one: readonly TraceLine[], other: readonly TraceLine[]): void {
  const at = Array.from({ length: Math.max(one.length, other.length) }).findIndex(
    (_, index) => !isDeepStrictEqual(one[index], other[index]),
  )
  if (at < 0) return
  const [first, second] = [one[at], other[at]]
  const stop = first?.stop ?? second?.stop ?? ''
  const message = [
    `not deterministic at ${stop === '' ? 'the app' : `\`${stop}\``}; seed ${seed}`,
    '',
    `  once:  ${lineOf(first)}`,
    `  again: ${lineOf(second)}`,
    '',
    'Two runs of one seed must be equal. Look for what outlives a run: a variable of a module, or a fake that is not made anew.',
  ].join('\n')
  throw failure(message, lineOf(first), lineOf(second), { seed, faults: [] })
}

const lineOf = (line: TraceLine | undefined, width = 0): string =>
  line === undefined
    ? 'nothing more'
    : `${String(line.at).padStart(width)} ms  ${line.stop === '' ? '' : `${line.ride} at ${line.stop}: `}${line.text}`

const linesShown = 12

/** The part of the trace that shows the faults. */
function around(trace: readonly TraceLine[], faults: readonly Fault[]): readonly string[] {
  const from = Math.max(
    0,
    trace.findIndex((line) => faults.some(({ ride }) => line.ride === ride)),
  )
  const shown = trace.slice(from, from + linesShown)
  const left = trace.length - from - shown.length
  const width = String(shown.at(-1)?.at ?? 0).length
  return [...shown.map((line) => `  ${lineOf(line, width)}`), ...(left > 0 ? [`  … and ${left} more`] : [])]
}

function failure(message: string, expected: unknown, actual: unknown, finding: Finding): AssertionError & Finding {
  const error = new AssertionError({ message, expected, actual, operator: 'simulate' })
  return Object.assign(error, finding)
}
