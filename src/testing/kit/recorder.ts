/** Writes down every try, and runs each inside the ambience of the test, under the name of its stop. */
import type { StopContext, StopDefinition } from '../../stop/definition.ts'
import { isOutcome, outcomeKind } from '../../stop/outcome.ts'
import { callInside } from './ambience.ts'
import type { Ambience } from './ambience.ts'
import type { Around, Handed } from './instrument.ts'
import { contextWith } from './instrument.ts'
import { muted } from './muted.ts'
import type { Try } from './story.ts'

export class Recorder {
  readonly tries: Try[] = []
  /** So many tries in a row have answered `wait`, */
  waits = 0
  /** and since then: the last moment at which something else has happened. */
  stirredAt = 0
  /** What has answered `wait` and not been asked again: stop and key, or event where it has none. */
  readonly waiting: Set<string> = new Set()
  /** How often the event of a ride is handed to a stop; 1 unless a test asks for more. */
  timesOf: (ride: string) => number = () => 1
  readonly #ambience: Ambience

  constructor(ambience: Ambience) {
    this.#ambience = ambience
  }

  /** For `instrument`. */
  readonly around: Around = (stop, events, call) => {
    const begun = events.map((event) => this.#begin(stop, event))
    const contexts = begun.map(([, context]) => context)
    const tries = begun.map(([one]) => one)
    const times = Math.max(...tries.map(({ ride }) => this.timesOf(ride)))
    const run = (): unknown => {
      // As when its outcome is lost again and again: the last one counts.
      let answer: unknown
      for (let left = times; left > 0; left--) {
        const given = left === 1 ? contexts : contexts.map(muted)
        answer = isThenable(answer) ? answer.then(() => call(given)) : call(given)
      }
      return answer
    }
    const ambience = { ...this.#ambience, who: `the stop "${stop.name}"` }
    try {
      const answer = callInside(ambience, run)
      if (!isThenable(answer)) return this.#answered(stop, tries, answer)
      return answer.then(
        (value) => this.#answered(stop, tries, value),
        (error: unknown) => this.#failed(tries, error),
      )
    } catch (error) {
      return this.#failed(tries, error)
    }
  }

  /** Something happens besides waiting. */
  stir(): void {
    this.waits = 0
    this.stirredAt = this.#ambience.clock.monotonic()
  }

  #begin(stop: StopDefinition, { data, context }: Handed): readonly [Try, StopContext] {
    const { event, attempt, itinerary } = context
    const one: Try = {
      at: this.#ambience.clock.monotonic(),
      stop: stop.name,
      event: event.id,
      ride: event.ride,
      key: event.key,
      line: itinerary.line,
      attempt,
      data,
      answer: undefined,
      error: undefined,
      tookMs: undefined,
      emitted: [],
    }
    this.tries.push(one)
    this.waiting.delete(placeOf(one))
    const emit: StopContext['emit'] = (target, sent, options) => {
      context.emit(target, sent, options)
      one.emitted.push({ to: target.name, data: sent })
    }
    return [one, contextWith(context, { emit })]
  }

  #answered(stop: StopDefinition, tries: readonly Try[], answer: unknown): unknown {
    const answers = stop.batch !== undefined && Array.isArray(answer) ? (answer as readonly unknown[]) : [answer]
    for (const [index, one] of tries.entries()) {
      one.tookMs = this.#ambience.clock.monotonic() - one.at
      const own = answers[index]
      // Besides an outcome, what a last stop returns counts for nothing.
      one.answer = stop.outSchema === undefined && !isOutcome(own) ? undefined : own
      if (isOutcome(own) && outcomeKind(own) === 'wait') {
        this.waits++
        this.waiting.add(placeOf(one))
      } else this.stir()
    }
    return answer
  }

  #failed(tries: readonly Try[], error: unknown): never {
    this.stir()
    for (const one of tries) {
      one.tookMs = this.#ambience.clock.monotonic() - one.at
      one.error = error ?? 'undefined'
    }
    throw error
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { readonly then?: unknown } | undefined | null)?.then === 'function'
}

const placeOf = ({ stop, key, event }: Try): string => JSON.stringify([stop, key ?? null, key === null ? event : null])
