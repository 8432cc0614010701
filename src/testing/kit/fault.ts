/** What may go wrong in a simulated run: one thing, at one moment of one event at one stop. */
import { SeededRandom } from '../seeded-random.ts'

/**
 * - `crash`: the process dies there, and the event comes again to the next one;
 * - `repeat`: the handler has answered, the answer is lost, and the event comes again;
 * - `delay`: it is slow there, and events of other keys pass by;
 * - `overlap`: it waits for the next event at this stop, and both go on at the same moment;
 * - `takeOver`: the process is cut off there, another handles the event again, and then the first goes on;
 * - `restart`: the app is stopped and started in good order before an event is sent.
 */
export type FaultKind = 'crash' | 'repeat' | 'delay' | 'overlap' | 'takeOver' | 'restart'

export const faultKinds: readonly FaultKind[] = ['crash', 'repeat', 'delay', 'overlap', 'takeOver', 'restart']

/** One of them. */
export interface Fault {
  readonly kind: FaultKind
  /** '' for a restart, which is no stop's. */
  readonly stop: string
  /** The id of the event; for a restart, of the one before which it happens. */
  readonly event: string
  /** Its ride. */
  readonly ride: string
  /** How many calls of fakes the handler had made: 0 is before it began, `end` when it had answered. */
  readonly point: number | 'end'
  /** The last of those calls, such as `archive.put`. */
  readonly after: string | undefined
}

/** One call of a handler, as a run has seen it. */
export interface Visit {
  readonly stop: string
  readonly event: string
  readonly ride: string
  /** 1 the first time, one more whenever it came again. */
  readonly time: number
  /** The calls of fakes that it made, in order. */
  readonly effects: string[]
}

const faultsOfRun = 3

/**
 * The faults of a seed, at moments of its calm run. They are dealt like cards, each kind from a deck of its own that is shuffled anew when it is used up, so that a few hundred seeds
 * leave out no moment. Two of three are dealt where fakes are called.
 */
export function dealFaults(
  seed: number,
  kinds: readonly FaultKind[],
  visits: readonly Visit[],
  sent: readonly string[],
): readonly Fault[] {
  const telling = visits.filter(({ effects }) => effects.length > 0)
  return Array.from({ length: faultsOfRun }, (_, index) => {
    const places = telling.length === 0 || index === faultsOfRun - 1 ? visits : telling
    const turn = (seed - 1) * faultsOfRun + index
    const deck = cardsOf(kinds[turn % kinds.length]!, places, sent)
    const place = Math.floor(turn / kinds.length)
    return new SeededRandom(Math.floor(place / deck.length)).shuffle(deck)[place % deck.length]
  }).filter((fault) => fault !== undefined)
}

function cardsOf(kind: FaultKind, visits: readonly Visit[], sent: readonly string[]): readonly Fault[] {
  if (kind === 'restart')
    return sent.map((event) => ({ kind, stop: '', event, ride: event, point: 0, after: undefined }))
  return visits.flatMap(({ stop, event, ride, effects }) =>
    pointsOf(kind, effects.length).map((point) => {
      const after = effects.at(point === 'end' ? -1 : point - 1)
      return { kind, stop, event, ride, point, after: point === 0 ? undefined : after }
    }),
  )
}

function pointsOf(kind: FaultKind, count: number): readonly Fault['point'][] {
  if (kind === 'overlap') return [0]
  if (kind === 'repeat') return ['end']
  return [0, ...Array.from({ length: count }, (_, index) => index + 1), 'end']
}

/**
 * What may show the same and says more, the most telling first: that the order is not kept before that updates are mixed, that an effect is repeated before that nobody is
 * fenced, and an earlier moment before a later one.
 */
export function* simpler(fault: Fault, { effects }: Visit): Generator<Fault> {
  const { kind, point } = fault
  const at = (kind: FaultKind, index: number): Fault => ({
    ...fault,
    kind,
    point: index,
    after: index === 0 ? undefined : effects[index - 1],
  })
  const all = effects.map((_, index) => index + 1)
  const until = point === 'end' ? all : all.slice(0, Math.max(0, point - 1))
  if ((kind === 'delay' && point !== 0) || kind === 'overlap') yield at('delay', 0)
  if (kind === 'repeat' || kind === 'takeOver') yield* all.map((index) => at('crash', index))
  if (kind === 'takeOver') yield* all.map((index) => at('delay', index))
  if (kind === 'crash' || kind === 'delay') yield* until.map((index) => at(kind, index))
}

/** What a fault shows when a run with it ends differently: the sentence that accuses its stop. */
export function accusation({ kind, stop, ride, point, after }: Fault): string {
  const where = after === undefined || point === 0 ? 'its effect' : `\`${after}\``
  switch (kind) {
    case 'crash':
      return point === 0
        ? `\`${stop}\` does not survive a restart: a crash before its effect changes what comes of ${ride}`
        : `\`${stop}\` is not idempotent: a crash after ${where} repeats the event`
    case 'repeat':
      return `\`${stop}\` is not idempotent: its outcome is lost after ${where}, and the event comes again`
    case 'takeOver':
      return `\`${stop}\` is not fenced: its process is taken for dead after ${where}, another handles ${ride} again, and then the first goes on`
    case 'delay':
      return point === 0 || point === 'end'
        ? `\`${stop}\` depends on the order of events of different keys: ${ride} is slow, and others go before it`
        : `\`${stop}\` loses or mixes updates: others run while ${ride} is between ${where} and what follows`
    case 'overlap':
      return `\`${stop}\` loses or mixes updates: ${ride} and the next event are in it at the same moment`
    case 'restart':
      return `the app keeps something in its memory: a restart before ${ride} loses it`
  }
}

/** A fault in a few words, for a list. */
export function describeFault({ kind, stop, ride, point, after }: Fault): string {
  if (kind === 'restart') return `restart before ${ride} is sent`
  const where = point === 0 ? 'before the handler' : point === 'end' ? 'after the handler' : `after ${after}`
  return `${kind} at ${stop}, ${ride}, ${where}`
}
