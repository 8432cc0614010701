/**
 * The promises of the bus port as plain data: every adapter runs these cases, under any test runner. What an adapter cannot do is left out with a
 * written reason; a reason that is missing, or not needed, is a fault.
 */
import { planCases } from '../internal/planned-cases.ts'
import type { Conformance, PlannedCase } from '../internal/planned-cases.ts'
import type { BusAbilities, BusCase, BusFixture } from './conformance/fixture.ts'
import { groupCases } from './conformance/group-cases.ts'
import { lifecycleCases } from './conformance/lifecycle-cases.ts'
import { logCases } from './conformance/log-cases.ts'
import { modelCase } from './conformance/model-case.ts'
import { settleCases } from './conformance/settle-cases.ts'

/** Every case, in reading order. */
export const busCases: readonly BusCase[] = [...lifecycleCases, ...logCases, ...settleCases, ...groupCases, modelCase]

/** What an adapter brings to its test file. */
export type BusConformance = Conformance<BusAbilities, BusFixture>

/**
 * The cases to run, each as a name and a function for the runner at hand. Throws MB_BAD_OPTIONS when a case that cannot run has no reason in `leftOut`,
 * or one that can run has.
 */
export const plannedCases = (conformance: BusConformance): readonly PlannedCase[] => planCases(busCases, conformance)

export type { PlannedCase } from '../internal/planned-cases.ts'
export type { BusAbilities, BusCase, BusFixture } from './conformance/fixture.ts'
