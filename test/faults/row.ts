/**
 * A row of the fault matrix: one kind of fault, injected many times, and what must hold afterwards. `rows/<id>.ts` exports one as `row`; `npm run -s faults` runs
 * them, each in a process of its own, and rows that allow it in several at once.
 *
 * A row consists of numbered cases. What case n does follows from the seed of the run and from n alone, so that
 * `npm run -s faults -- --row J2 --seed 7 --case 31` does one of them again. A row never skips: what it needs and does not find, it throws (`MissingTool`).
 */
import { SeededRandom } from '../../src/testing/index.ts'

/** P: every change, some minutes. N: hours, over several runs. */
export type Tier = 'P' | 'N'

export interface Row {
  /** As in the matrix: `J1`. */
  readonly id: string
  /** One line for people: the fault, and what holds. */
  readonly title: string
  /** The tiers in which it runs. */
  readonly tiers: 'PN' | 'N'
  /** Its cases may be divided among processes that run at once. Default: false. */
  readonly isDivisible?: boolean
  /** Nothing else may run beside it, for it measures. Default: false. */
  readonly isAlone?: boolean
  /** Minutes that one case takes in tier N. It is not begun where less is left, and a process that says nothing for 10 minutes more hangs, and is killed. Default: 0. */
  readonly caseMinutes?: number
  /** Does cases, as `casesOf(context)` gives them, and says `done` after each. What it throws means that the row could not run. */
  run(context: RowContext): Promise<void>
}

export interface RowContext {
  readonly tier: Tier
  /** How many cases are wanted now; Infinity for all that a sweep has (`figures.ts`). */
  readonly cases: number
  /** Of the run. */
  readonly seed: number
  /** The number of the first case, from 0. */
  readonly first: number
  /** The distance to the next one: more than 1 where other processes do those between. */
  readonly step: number
  /** A fresh folder of its own, removed afterwards when nothing was wrong. */
  readonly dir: string
  /** Aborted when the run ends early; cases done so far count. */
  readonly signal: AbortSignal
  /** Counts cases that are done. Default: one. */
  done(count?: number): void
  /** How many were counted. */
  readonly counted: number
  /** A promise was broken in this case: a sentence. The runner adds the command that does the case again. */
  violation(text: string, number: number): void
  /** Adds to a count beside the cases, such as events: the sum over all processes and runs is reported. */
  count(what: string, by: number): void
  /** What is worth knowing, such as a figure that was measured. */
  note(text: string): void
}

/** One case of a row. */
export interface Case {
  readonly number: number
  /** Its own, drawn from the seed of the run and its number. */
  readonly seed: number
  /** Begins with its seed. */
  readonly random: SeededRandom
}

/** The cases to do, one after the other, until as many are counted as wanted, `total` numbers are used up, or the run ends early. */
export async function* casesOf(context: RowContext, total = Infinity): AsyncGenerator<Case> {
  for (let number = context.first; number < total; number += context.step) {
    await turn()
    if (context.counted >= context.cases || context.signal.aborted) return
    const seed = caseSeed(context.seed, number)
    yield { number, seed, random: new SeededRandom(seed) }
  }
}

/** Turns the event loop once. What is simulated never waits, and whoever never waits does not hear that it is to end. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Counts one of the thousands of images that a life leaves; answers whether more are wanted. */
export async function judgedOne(context: RowContext): Promise<boolean> {
  context.done()
  await turn()
  return context.counted < context.cases && !context.signal.aborted
}

/** The seed of a case. Case 0 has another one than the run, so that a run in a case draws something else. */
export const caseSeed = (seed: number, number: number): number =>
  Math.floor(new SeededRandom((seed + Math.imul(number + 1, 0x9e3779b1)) >>> 0).next() * 2 ** 32)

/** A program that a row needs is not there. It fails the row: what cannot run has proved nothing. */
export class MissingTool extends Error {
  constructor(program: string, debianPackage: string) {
    super(`${program} is missing: apt-get install ${debianPackage}, or tools/fault-tools.sh for all that the rows need`)
    this.name = 'MissingTool'
  }
}

/** Does each case below `total` that is wanted, and takes what it throws for a broken promise. */
export async function eachCase(
  context: RowContext,
  one: (item: Case) => Promise<void>,
  total = Infinity,
  isWanted: (number: number) => boolean = () => true,
): Promise<void> {
  for await (const item of casesOf(context, total)) {
    if (!isWanted(item.number)) continue
    try {
      await one(item)
    } catch (error) {
      if (error instanceof MissingTool) throw error
      context.violation(describe(error), item.number)
    }
    context.done()
  }
}

/** An error and its causes in one text. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.stack ?? `${error.name}: ${error.message}`
  return error.cause === undefined ? own : `${own}\nbecause ${describe(error.cause)}`
}
