/**
 * The routing slip: an event's itinerary as one string, which travels in the record and is passed on once a hop.
 *
 *     slip      = [ "!" key "." mac "!" ] ahead "|" limit "|" line "|" version "|" behind
 *     ahead     = [ stop *( "," stop ) ]                      the stop that the event goes to comes first
 *     limit     = hops [ "/" children ]                       the children are left out before the first split
 *     behind    = [ [ "+" dropped "," ] visit *( "," visit ) ]    oldest first, at most 32
 *     visit     = stop ":" microseconds [ ":" attempt ]       the attempt is left out when it was the first
 *
 * Names are of a-z, 0-9 and "-", so nothing is ever escaped. What changes with each hop stands at the two ends: to advance is to
 * cut at the front and to append at the back, whatever the length, and a plotted slip is one constant string a line.
 * The signature (`signature.ts`) covers the fields before `behind`; it ends with the next change.
 */
import { MetrobusError } from '../errors/index.ts'

/** A visit behind: which stop, which attempt succeeded, and how long it took. */
export interface Visit {
  readonly stop: string
  readonly attempt: number
  readonly durationMs: number
}

/** A slip, decoded. */
export interface Itinerary {
  readonly line: string
  readonly version: string
  /** Hops that the ride may take in all. */
  readonly limit: number
  /** Children that the event may still have, all those of its children included. */
  readonly children: number
  /** The first is the stop that the event goes to. */
  readonly ahead: readonly string[]
  /** The last 32 visits, oldest first. */
  readonly behind: readonly Visit[]
  /** Visits before those of `behind`, which are no longer known. */
  readonly dropped: number
}

/** Hops beyond the length of the plan that a ride may take: for reroutes and pushes, and an end to cycles. */
export const spareHops = 16

/** Children that a ride may have in all, those of its children included: an end to splits in a circle. */
export const childrenMax = 10_000

/** Visits that a slip keeps. */
export const visitsMax = 32

const bar = 124
const comma = 44
const mark = 33
/** A slip with fewer characters behind than this cannot hold `visitsMax` visits: the shortest is `a:0,`. */
const crowded = visitsMax * 4

/** The slip of an event that enters: all stops ahead, none behind. Made once a line, not once an event. */
export function plotSlip(
  line: string,
  version: string,
  stops: readonly string[],
  limit: number = stops.length + spareHops,
): string {
  return `${stops.join(',')}|${limit}|${line}|${version}|`
}

/** The stop that the event goes to, or undefined at the end of its itinerary. */
export function nextStop(slip: string): string | undefined {
  const start = startOfAhead(slip)
  const end = endOfFirst(slip, start)
  return end <= start ? undefined : slip.slice(start, end)
}

/** Whether `stop` is the one that the event goes to: without making its name a text of its own. */
export function isNext(slip: string, stop: string): boolean {
  return isFirst(slip, startOfAhead(slip), stop)
}

function isFirst(slip: string, start: number, stop: string): boolean {
  if (!slip.startsWith(stop, start)) return false
  const behind = slip.charCodeAt(start + stop.length)
  return behind === comma || behind === bar
}

/** The slip after a visit: the first stop ahead is gone, and `stop` with its attempt and duration is the newest behind. */
export function advanceSlip(slip: string, stop: string, attempt: number, durationMs: number): string {
  const start = startOfAhead(slip)
  const end = isFirst(slip, start, stop) ? start + stop.length : endOfFirst(slip, start)
  const rest = slip.slice(slip.charCodeAt(end) === comma ? end + 1 : end)
  const duration = Math.round(durationMs * 1000)
  const visit = attempt === 1 ? `${stop}:${duration}` : `${stop}:${duration}:${attempt}`
  if (rest.charCodeAt(rest.length - 1) === bar) return rest + visit
  return rest.length < crowded ? `${rest},${visit}` : `${withRoom(rest)},${visit}`
}

/** The slip with the stops ahead, the line and its version replaced: for a reroute. The limit of the ride stays. */
export function replaceAhead(slip: string, stops: readonly string[], line: string, version: string): string {
  const limit = slip.indexOf('|') + 1
  const behind = startOfBehind(slip)
  return `${stops.join(',')}|${slip.slice(limit, slip.indexOf('|', limit))}|${line}|${version}|${slip.slice(behind)}`
}

/** The slip with `stops` before those that are ahead. */
export function pushAhead(slip: string, stops: readonly string[]): string {
  const ahead = slip.slice(startOfAhead(slip))
  const separator = ahead.charCodeAt(0) === bar ? '' : ','
  return `${stops.join(',')}${separator}${ahead}`
}

/** The slip without the next `count` stops; fewer when fewer are ahead. */
export function popAhead(slip: string, count: number): string {
  let start = startOfAhead(slip)
  for (let left = count; left > 0 && slip.charCodeAt(start) !== bar; left--) {
    const end = endOfFirst(slip, start)
    start = slip.charCodeAt(end) === comma ? end + 1 : end
  }
  return slip.slice(start)
}

/** Hops that the ride of this slip may take in all. */
export const hopLimit = (slip: string): number => readLimit(limitOf(slip)).limit

/** Children that the event of this slip may still have. */
export const childrenLeft = (slip: string): number => readLimit(limitOf(slip)).children

/** The slip of a child of a split: it counts its hops anew, and has its share of the children that are left. */
export function slipOfChild(slip: string, hops: number, children: number): string {
  const start = slip.indexOf('|') + 1
  return `${slip.slice(startOfAhead(slip), start)}${hops}/${children}${slip.slice(slip.indexOf('|', start))}`
}

function limitOf(slip: string): string {
  const start = slip.indexOf('|') + 1
  return slip.slice(start, slip.indexOf('|', start))
}

function readLimit(text: string): Pick<Itinerary, 'limit' | 'children'> {
  const slash = text.indexOf('/')
  if (slash === -1) return { limit: Number(text), children: childrenMax }
  return { limit: Number(text.slice(0, slash)), children: Number(text.slice(slash + 1)) }
}

/** The line that the event rides, '' for an empty slip. */
export function lineOfSlip(slip: string): string {
  const start = slip.indexOf('|', slip.indexOf('|') + 1) + 1
  return slip.slice(start, slip.indexOf('|', start))
}

/** `<line>|<version>` as it stands in the slip, '' for an empty slip: to be compared, not to be read. */
export function lineVersionOfSlip(slip: string): string {
  const start = slip.indexOf('|', slip.indexOf('|') + 1) + 1
  return slip.slice(start, Math.max(start, startOfBehind(slip) - 1))
}

/** No itinerary: the event has not entered a line yet. */
const nowhere: Itinerary = Object.freeze({
  line: '',
  version: '',
  limit: 0,
  children: 0,
  ahead: Object.freeze([]),
  behind: Object.freeze([]),
  dropped: 0,
})

/** Decodes a slip; '' is an itinerary without anything. Refuses with MB_BAD_SLIP what `writeSlip` could not have written. */
export function readSlip(slip: string): Itinerary {
  if (slip === '') return nowhere
  checkSlip(slip)
  const [ahead = '', limit = '', line = '', version = '', behind = ''] = slip.slice(startOfAhead(slip)).split('|')
  const visits = behind === '' ? [] : behind.split(',')
  const dropped = visits[0]?.startsWith('+') ? Number(visits.shift()) : 0
  return {
    line,
    version,
    ...readLimit(limit),
    ahead: ahead === '' ? [] : ahead.split(','),
    behind: visits.map(readVisit),
    dropped,
  }
}

/** Encodes an itinerary, unsigned; the opposite of `readSlip`. Refuses with MB_BAD_SLIP what could not be read again. */
export function writeSlip({ line, version, limit, children, ahead, behind, dropped }: Itinerary): string {
  if (line === '' && ahead.length === 0 && behind.length === 0) return ''
  const visits = behind.map(({ stop, attempt, durationMs }) => {
    const duration = Math.round(durationMs * 1000)
    return attempt === 1 ? `${stop}:${duration}` : `${stop}:${duration}:${attempt}`
  })
  if (dropped > 0) visits.unshift(`+${dropped}`)
  const plotted = plotSlip(line, version, ahead, limit)
  const slip = `${children === childrenMax ? plotted : slipOfChild(plotted, limit, children)}${visits.join(',')}`
  checkSlip(slip)
  return slip
}

const name = '[a-z][a-z0-9-]{0,99}'
const number = '(?:0|[1-9][0-9]{0,14})'
const visit = `${name}:${number}(?::${number})?`
const grammar = new RegExp(
  `^(?:![a-z0-9-]{1,100}\\.[A-Za-z0-9_-]{1,100}!)?(?:${name}(?:,${name})*)?\\|${number}(?:/${number})?\\|${name}\\|[0-9a-z]{1,32}\\|` +
    `(?:(?:\\+${number},)?${visit}(?:,${visit}){0,${visitsMax - 1}})?$`,
)

/** Refuses with MB_BAD_SLIP a slip that is not of the grammar: for slips that come from outside the app. */
export function checkSlip(slip: string): void {
  if (slip !== '' && !grammar.test(slip)) throw new MetrobusError('MB_BAD_SLIP', { slip })
}

/** Where the stops ahead begin: behind the signature, if there is one. */
export function startOfAhead(slip: string): number {
  return slip.charCodeAt(0) === mark ? slip.indexOf('!', 1) + 1 : 0
}

/** Where the visits behind begin: after the fourth bar. */
export function startOfBehind(slip: string): number {
  let end = 0
  for (let bars = 0; bars < 4; bars++) end = slip.indexOf('|', end) + 1
  return end
}

function endOfFirst(slip: string, start: number): number {
  const endOfAhead = slip.indexOf('|', start)
  const end = slip.indexOf(',', start)
  return end === -1 || end > endOfAhead ? endOfAhead : end
}

/** Room for one more visit: counts the visits, and drops the oldest when there are as many as a slip keeps. */
function withRoom(slip: string): string {
  const start = startOfBehind(slip)
  if (slip.length - start < crowded) return slip
  const isMarked = slip.charCodeAt(start) === 43
  const first = isMarked ? slip.indexOf(',', start) + 1 : start
  let visits = 1
  for (let at = slip.indexOf(',', first); at !== -1; at = slip.indexOf(',', at + 1)) visits++
  if (visits < visitsMax) return slip
  const dropped = isMarked ? Number(slip.slice(start + 1, first - 1)) : 0
  return `${slip.slice(0, start)}+${dropped + 1},${slip.slice(slip.indexOf(',', first) + 1)}`
}

function readVisit(text: string): Visit {
  const [stop = '', duration, attempt = '1'] = text.split(':')
  return { stop, attempt: Number(attempt), durationMs: Number(duration) / 1000 }
}
