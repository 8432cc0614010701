/** From a plan of faults that changes what comes of a run to the one fault that says why. */
import { isDeepStrictEqual } from 'node:util'
import { simpler } from './fault.ts'
import type { Fault } from './fault.ts'
import type { RunResult } from './run.ts'

/** Runs the app under these faults. */
export type Run = (faults: readonly Fault[]) => Promise<RunResult>

/** What is needed, and what it does. */
export interface Shrunken {
  readonly faults: readonly Fault[]
  readonly result: RunResult
}

/** Takes on fewer or simpler faults when they, too, make a difference. */
type Attempt = (faults: readonly Fault[]) => Promise<boolean>

/** Leaves out what is not needed for a difference to the calm run, and looks for what says most. */
export async function shrink(plan: readonly Fault[], calm: RunResult, run: Run): Promise<Shrunken> {
  let shrunken = { faults: plan, result: await run(plan) }
  const attempt: Attempt = async (faults) => {
    const result = await run(faults)
    if (isDeepStrictEqual(result.observed, calm.observed)) return false
    shrunken = { faults, result }
    return true
  }
  for (const one of plan) if (shrunken.faults.length > 1 && (await attempt([one]))) break
  for (const one of plan)
    if (shrunken.faults.length > 1) await attempt(shrunken.faults.filter((other) => other !== one))
  if (shrunken.faults.length > 1) await join(shrunken.faults, calm, attempt)
  const [only] = shrunken.faults
  if (only !== undefined && shrunken.faults.length === 1) await simplify(only, calm, shrunken.result, attempt)
  return shrunken
}

/** One fault that shows what several do: two that are late are two at once, and a crash while something is held is a crash where it is held. */
async function join(faults: readonly Fault[], calm: RunResult, attempt: Attempt): Promise<void> {
  for (const fault of faults.every(({ kind }) => kind === 'delay' || kind === 'overlap') ? [] : faults) {
    const visit = calm.visits.find(({ stop, event }) => stop === fault.stop && event === fault.event)
    if (visit === undefined) continue
    for (const one of simpler({ ...fault, kind: 'takeOver' }, visit)) if (await attempt([one])) return
  }
  for (const { stop, event, ride } of calm.visits.toReversed())
    if (
      faults.some((fault) => fault.ride === ride) &&
      (await attempt([{ kind: 'overlap', stop, event, ride, point: 0, after: undefined }]))
    )
      return
}

/**
 * Looks for the fault that shows the same and says most: of several stops that a crash made repeat their work, or that an event came late to, the one that does
 * not stand it; and of several moments the earliest.
 */
async function simplify(fault: Fault, calm: RunResult, result: RunResult, attempt: Attempt): Promise<void> {
  if (fault.kind === 'crash')
    for (const { stop, event, ride } of result.visits.filter(({ time }) => time > 1)) {
      const effects = calm.visits.find((visit) => visit.stop === stop && visit.event === event)?.effects ?? []
      const isOther = stop !== fault.stop
      if (isOther && (await attempt([{ kind: 'repeat', stop, event, ride, point: 'end', after: effects.at(-1) }])))
        return
    }
  const at = calm.visits.findIndex(({ stop, event }) => stop === fault.stop && event === fault.event)
  const visit = calm.visits[at]
  // What is late at one stop is late at all that follow: the last of them that minds is meant.
  if (fault.kind === 'delay' || fault.kind === 'overlap')
    for (const { stop, event, ride } of calm.visits.slice(at + 1).toReversed())
      for (const kind of new Set(['delay', fault.kind] as const))
        if (ride === fault.ride && (await attempt([{ kind, stop, event, ride, point: 0, after: undefined }]))) return
  if (visit !== undefined) for (const one of simpler(fault, visit)) if (await attempt([one])) return
}
