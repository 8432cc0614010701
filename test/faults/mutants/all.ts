/** Every mutant. */
import { busMutants } from './bus-mutants.ts'
import { journalMutants } from './journal-mutants.ts'
import type { Mutant } from './mutant.ts'
import { processMutants } from './process-mutants.ts'
import { runtimeMutants } from './runtime-mutants.ts'
import { storeMutants } from './store-mutants.ts'

export const mutants: readonly Mutant[] = [
  ...journalMutants,
  ...busMutants,
  ...runtimeMutants,
  ...storeMutants,
  ...processMutants,
]
