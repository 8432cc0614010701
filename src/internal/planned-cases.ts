/** Which cases of a conformance suite an adapter runs: all that it can, and of the others it says in writing why not. */
import { MetrobusError } from '../errors/index.ts'

/** One promise of a port, and how to see whether it is kept. */
export interface ConformanceCase<Abilities, Fixture> {
  readonly name: string
  /** The promise, in the words of the port. */
  readonly promise: string
  /** What the adapter must be able to do for the case to mean anything. Default: nothing. */
  readonly needs?: (abilities: Abilities) => boolean
  run(fixture: Fixture): Promise<void>
}

/** What an adapter brings to its test file. */
export interface Conformance<Abilities, Fixture> {
  readonly abilities: Abilities
  /** A fresh one for each case. */
  readonly fixture: () => Promise<Fixture>
  /** By the name of the case: why this adapter cannot run it. */
  readonly leftOut: Readonly<Record<string, string>>
}

/** A case with its fixture, ready to be given to a test runner. */
export interface PlannedCase {
  readonly name: string
  readonly run: () => Promise<void>
}

/** The cases to run. Throws MB_BAD_OPTIONS when a case that cannot run has no reason in `leftOut`, or one that can run has. */
export function planCases<Abilities, Fixture extends { end(): Promise<void> }>(
  cases: readonly ConformanceCase<Abilities, Fixture>[],
  { abilities, fixture, leftOut }: Conformance<Abilities, Fixture>,
): readonly PlannedCase[] {
  const runnable = cases.filter(({ needs }) => needs === undefined || needs(abilities))
  const cannot = cases.filter((found) => !runnable.includes(found)).map(({ name }) => name)
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
