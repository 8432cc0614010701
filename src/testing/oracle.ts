/**
 * The oracle: says whether events were lost, doubled, altered or put out of order, from what a driver outside the tested process wrote down and
 * what was found afterwards. It shares no code with what it judges.
 *
 * The driver numbers its events 1, 2, 3, ..., and writes to stable storage every number that was acknowledged to it, at once. Then, whatever
 * happened to the tested process:
 *
 * - `lost`: an acknowledged event is missing where it belongs (I1);
 * - `doubled`: an event is somewhere twice (I2);
 * - `reordered`: of two events of one key the later one stands first (I3);
 * - `unsent`: something is there that nobody sent, or that does not belong there (I4);
 * - `altered`: the body is not the one that was sent;
 * - `dead`: an event was given up, where nothing should fail.
 *
 * What was sent and never acknowledged may be there or not; if it is there, all but `lost` holds for it too.
 */

/** An event as the driver sent it. */
export interface SentEvent {
  /** 1 for the first event of the driver, and so on. */
  readonly number: number
  readonly key: string
  readonly body: string
}

/** An event as it was found. */
export interface FoundEvent {
  readonly number: number
  readonly body: string
}

/** A place where events end up: a topic, a table, a file of effects. */
export interface Place {
  readonly name: string
  /** In the order in which they stand there; of a partitioned topic, partition by partition. */
  readonly events: Iterable<FoundEvent>
  /** Which events belong there. Default: all. */
  readonly expects?: (event: SentEvent) => boolean
  /** What the body should be there. Default: as sent. */
  readonly body?: (event: SentEvent) => string
}

/** All that is known. */
export interface Testimony {
  /** Every event that was sent, also those of which no answer came. */
  readonly sent: Iterable<SentEvent>
  /** The numbers of the acknowledged ones, from the driver's log. */
  readonly acknowledged: Iterable<number>
  readonly places: readonly Place[]
  /** Numbers of events that were given up. Default: none. */
  readonly dead?: Iterable<number>
}

/** One broken promise. */
export interface Violation {
  readonly kind: 'lost' | 'doubled' | 'reordered' | 'unsent' | 'altered' | 'dead'
  readonly place: string
  readonly number: number
  readonly detail: string
}

/** Every broken promise; none when all is well. */
export function judge({ sent, acknowledged, places, dead = [] }: Testimony): readonly Violation[] {
  const events = new Map<number, SentEvent>()
  for (const event of sent) events.set(event.number, event)
  const promised = [...acknowledged]
  const violations: Violation[] = []
  for (const place of places) violations.push(...judgePlace(place, events, promised))
  for (const number of dead) violations.push({ kind: 'dead', place: 'dead letters', number, detail: 'was given up' })
  return violations
}

function* judgePlace(
  { name, events: found, expects = () => true, body = (event) => event.body }: Place,
  sent: ReadonlyMap<number, SentEvent>,
  promised: readonly number[],
): Generator<Violation> {
  const seen = new Set<number>()
  const lastOfKey = new Map<string, number>()
  for (const event of found) {
    const { number } = event
    const violation = (kind: Violation['kind'], detail: string): Violation => ({ kind, place: name, number, detail })
    const origin = sent.get(number)
    if (origin === undefined || !expects(origin)) {
      yield violation('unsent', origin === undefined ? 'nobody sent it' : 'it does not belong here')
      continue
    }
    if (seen.has(number)) yield violation('doubled', 'it stands here more than once')
    const last = lastOfKey.get(origin.key) ?? 0
    if (number < last) yield violation('reordered', `key ${origin.key}: it stands behind ${last}`)
    if (event.body !== body(origin)) yield violation('altered', `${event.body} instead of ${body(origin)}`)
    seen.add(number)
    lastOfKey.set(origin.key, Math.max(last, number))
  }
  for (const number of promised) {
    const origin = sent.get(number)
    if (origin !== undefined && expects(origin) && !seen.has(number))
      yield { kind: 'lost', place: name, number, detail: `acknowledged, key ${origin.key}` }
  }
}

/** A few violations in words, for the message of a failed test. */
export function describeViolations(violations: readonly Violation[], most = 10): string {
  const lines = violations
    .slice(0, most)
    .map(({ kind, place, number, detail }) => `${kind}: event ${number} in ${place}: ${detail}`)
  const left = violations.length - lines.length
  return [...lines, ...(left > 0 ? [`and ${left} more`] : [])].join('\n')
}
