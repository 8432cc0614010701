/**
 * MUTANTS. Who watches the watchmen: mistakes are put into journal, bus and runtime, one at a time, and the sweeps must catch each. A case is a mutant: its sweep breaks
 * a promise with it, and keeps it without it.
 */
import { mutants } from '../mutants/all.ts'
import { hunt } from '../mutants/hunt.ts'
import type { Catch } from '../mutants/hunt.ts'
import type { Hunt, Mutant } from '../mutants/mutant.ts'
import { eachCase } from '../row.ts'
import type { Row, RowContext } from '../row.ts'

const casesAround = 100

export const row: Row = {
  id: 'MUTANTS',
  title: 'mistakes put into journal, bus and runtime: the sweeps catch every one',
  tiers: 'PN',
  isDivisible: true,
  run: (context) =>
    eachCase(
      context,
      ({ number }) => catchOne(mutants[number]!, context),
      mutants.length,
      (number) => context.tier === 'N' || mutants[number]!.hunt.isLong !== true,
    ),
}

/** By what is looked at: many mutants are caught in one place, which is looked at once without them. */
const calms = new Map<string, Promise<Catch>>()

function calmly(sought: Hunt): Promise<Catch> {
  const place = JSON.stringify(sought)
  const calm = calms.get(place) ?? hunt(undefined, sought)
  calms.set(place, calm)
  return calm
}

/** A sweep that draws something else than it did has its catch elsewhere: where the mutant says, and if it is not there, a little around. */
async function huntWidely(mutant: Mutant, signal: AbortSignal): Promise<Catch> {
  const { hunt: sought } = mutant
  const caught = await hunt(mutant, sought, signal)
  if (caught.violation !== undefined || caught.error !== undefined || sought.cases === undefined) return caught
  return hunt(mutant, { ...sought, first: 0, cases: (sought.first ?? 0) + casesAround }, signal)
}

async function catchOne(mutant: Mutant, context: RowContext): Promise<void> {
  const { name, breaks, hunt: sought } = mutant
  const { sweep, seed, isSmall = false } = sought
  const caught = await huntWidely(mutant, context.signal)
  if (context.signal.aborted) return
  const where = `${sweep}, seed ${seed}${isSmall ? ', small bounds' : ''}`
  if (caught.error !== undefined) throw new Error(`${name}: ${where} proves nothing: ${caught.error}`)
  if (caught.violation === undefined) throw new Error(`${name} survives ${where}. ${breaks}`)
  const { number } = caught
  const calm = await calmly(number === undefined ? sought : { sweep, seed, first: number, cases: 1, isSmall })
  const why = calm.error ?? calm.violation
  if (why !== undefined) throw new Error(`${where} is not clean without the mutant ${name}: ${why}`)
  const place = number === undefined ? where : `${where}, case ${number}`
  context.note(`${name}: ${place}, ${caught.seconds} s`)
}
