/** What happened in a test: every try of every event at every stop, in order, and the rides that they make up. */
import type { Measured } from '../../runtime/definition.ts'
import type { Outcome } from '../../stop/outcome.ts'
import { isOutcome, outcomeKind } from '../../stop/outcome.ts'

/** One try of one event at one stop. */
export interface Try {
  /** Milliseconds of virtual time since the test began. */
  readonly at: number
  readonly stop: string
  /** The event's id: `<ride>` at the first stop, `<ride>~<hop>` behind it. */
  readonly event: string
  readonly ride: string
  readonly key: string | null
  /** The line that it rode on when it came here. */
  readonly line: string
  /** From 1; one more after each failure. */
  readonly attempt: number
  readonly data: unknown
  /** What the handler answered: data, an outcome, or undefined. */
  answer: unknown
  /** Why it failed; undefined when it did not. */
  error: unknown
  /** Milliseconds of virtual time until it answered; undefined while it has not. */
  tookMs: number | undefined
  /** What it sent along by `ctx.emit`, in order. */
  readonly emitted: { readonly to: string; readonly data: unknown }[]
}

/** An event that was given up. */
export interface GivenUpEvent {
  readonly stop: string
  readonly ride: string
  /** The slug of `deadLetter()`, the code of an error, or its name. */
  readonly cause: string
  readonly message: string
  readonly attempts: number
}

/** One ride, from its first stop to its last. */
export interface Ride {
  readonly ride: string
  readonly key: string | null
  /** The line it was on at the end. */
  readonly line: string
  /** The stops that it came to, in order, each as often as it came there. */
  readonly stops: readonly string[]
  readonly tries: readonly Try[]
  readonly deadLetter: GivenUpEvent | undefined
}

/** All that happened. */
export interface Story {
  readonly rides: readonly Ride[]
  readonly tries: readonly Try[]
  readonly deadLetters: readonly GivenUpEvent[]
  /** The app's own metrics, as `ctx.measure` has left them: the value of a counter or gauge, sum and count of the others. */
  readonly measured: readonly Measured[]
}

/** Puts the tries together to rides, in the order in which they began. */
export function storyOf(
  tries: readonly Try[],
  deadLetters: readonly GivenUpEvent[],
  measured: readonly Measured[],
): Story {
  const rides = [...Map.groupBy(tries, ({ ride }) => ride)].map(([ride, own]): Ride => {
    const visits = own.filter((one, index) => own.findIndex(({ event }) => event === one.event) === index)
    const { key, line } = own.at(-1)!
    const deadLetter = deadLetters.find((letter) => letter.ride === ride)
    return { ride, key, line, stops: visits.map(({ stop }) => stop), tries: own, deadLetter }
  })
  return { rides, tries, deadLetters, measured }
}

/** The story in words, for the message of a test that failed. */
export function tell({ tries, deadLetters }: Story): string {
  const width = Math.max(0, ...tries.map(({ at }) => String(at).length))
  const lines = tries.map((one) => {
    const attempt = one.attempt === 1 ? '' : `, try ${one.attempt}`
    const sent = one.emitted.map(({ to, data }) => `, emits ${to} ${show(data)}`).join('')
    return `  ${String(one.at).padStart(width)} ms  ${one.event}  ${one.stop}${attempt}: ${wordsOf(one)}${sent}`
  })
  const letters = deadLetters.map(
    ({ ride, stop, cause, message }) =>
      `  given up: ${ride} at ${stop}, ${cause}${message === '' ? '' : ` (${message})`}`,
  )
  return [...lines, ...letters].join('\n') || '  nothing'
}

/** What a try came to, in words. */
export function wordsOf({ answer, error, tookMs }: Pick<Try, 'answer' | 'error' | 'tookMs'>): string {
  if (tookMs === undefined) return 'has not answered'
  if (error !== undefined) return `throws ${error instanceof Error ? `${error.name}: ${error.message}` : show(error)}`
  return answer === undefined ? 'ends' : isOutcome(answer) ? outcomeInWords(answer) : `gives ${show(answer)}`
}

function outcomeInWords(outcome: Outcome): string {
  const said = outcome as Partial<
    Record<'slug' | 'detail' | 'target' | 'afterMs' | 'count' | 'value' | 'values', unknown>
  >
  const kind = outcomeKind(outcome)
  switch (kind) {
    case 'drop':
    case 'dead-letter':
      return `${kind} ${String(said.slug)}${said.detail === undefined ? '' : ` (${show(said.detail)})`}`
    case 'split':
      return `split ${show(said.values)}`
    case 'retry':
      return `retry after ${String(said.afterMs)} ms`
    case 'wait':
      return `wait ${String(said.afterMs)} ms`
    case 'pop':
      return `pop ${String(said.count)}, gives ${show(said.value)}`
    default:
      return `${kind} to ${String(said.target)} ${show(said.value)}`
  }
}

const shownMax = 200

/** A value as short text. */
export function show(value: unknown): string {
  const text =
    typeof value === 'string' || (typeof value === 'object' && value !== null) ? JSON.stringify(value) : String(value)
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text
}
