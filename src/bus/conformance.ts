/**
 * The promises of the bus port as plain data: every adapter runs these cases, under any test runner. What an adapter cannot do is left out with a
 * written reason; a reason that is missing, or not needed, is a fault.
 */
import { MetrobusError } from '../errors/index.ts'
import type { BusAbilities, BusCase, BusFixture } from './conformance/fixture.ts'
import { groupCases } from './conformance/group-cases.ts'
import { lifecycleCases } from './conformance/lifecycle-cases.ts'
import { logCases } from './conformance/log-cases.ts'
import { modelCase } from './conformance/model-case.ts'
import { settleCases } from './conformance/settle-cases.ts'

/** Every case, in reading order. */
export const busCases: readonly BusCase[] = [...lifecycleCases, ...logCases, ...settleCases, ...groupCases, modelCase]

/** What an adapter brings to its test file. */
export interface BusConformance {
  readonly abilities: BusAbilities
  readonly fixture: () => Promise<BusFixture>
  /** By the name of the case: why this bus cannot run it. */
  readonly leftOut: Readonly<Record<string, string>>
}

/** A case with its fixture, ready to be given to a test runner. */
export interface PlannedCase {
  readonly name: string
  readonly run: () => Promise<void>
}

/**
 * The cases to run, each as a name and a function for the runner at hand. Throws MB_BAD_OPTIONS when a case that cannot run has no reason in `leftOut`,
 * or one that can run has.
 */
export function plannedCases({ abilities, fixture, leftOut }: BusConformance): readonly PlannedCase[] {
  const runnable = busCases.filter(({ needs }) => needs === undefined || needs(abilities))
  const cannot = busCases.filter((found) => !runnable.includes(found)).map(({ name }) => name)
  const faults = [
    ...cannot
      .filter((name) => (leftOut[name] ?? '') === '')
      .map((name) => `"${name}" cannot run and no reason is given`),
    ...Object.keys(leftOut)
      .filter((name) => !cannot.includes(name))
      .map((name) => `"${name}" is left out and could run, or is no case`),
  ]
  if (faults.length > 0) throw new MetrobusError('MB_BAD_OPTIONS', { what: 'The conformance suite', faults })
  return runnable.map((found) => ({
    name: found.name,
    run: async () => {
      const made = await fixture()
      try {
        await found.run(made)
      } finally {
        await made.end()
      }
    },
  }))
}

export type { BusAbilities, BusCase, BusFixture } from './conformance/fixture.ts'
