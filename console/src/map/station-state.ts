/** What a station looks like now, from the newest look at the app. */
import type { MetroMap } from '../api.ts'
import type { Moment, StopRate } from '../live.ts'

/** In words that say what is to be done, the gravest first; one alone is true of a stop. */
export type StateWord = 'paused' | 'draining' | 'failing' | 'retrying' | 'waiting' | 'running' | 'idle'

export interface StationState {
  readonly rate: StopRate
  /** Events that wait for it, and the age of the oldest. */
  readonly waiting: number
  readonly oldestMs: number
  readonly inFlight: number
  readonly parkedKeys: number
  /** Dead letters that wait for an operator. */
  readonly dead: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly word: StateWord
}

const still: StopRate = { in: 0, out: 0, retried: 0, dead: 0 }
/** Older than this, what waits is not only on its way. */
const lateMs = 2_000

/** What an entry that reads a topic is called among the stops. */
export const readerName = (entry: string): string => `entry.${entry}`

/** The topic that feeds a stop, or an entry that reads one. */
export const inputOf = ({ app, entries }: MetroMap, stop: string): string =>
  entries.find(({ name, from }) => from !== null && readerName(name) === stop)?.from ?? `${app}.${stop}`

/** All that events are handed to: the stops, and the entries that read topics. */
export const handlersOf = ({ entries, stops }: MetroMap): readonly string[] => [
  ...entries.filter(({ from }) => from !== null).map(({ name }) => readerName(name)),
  ...stops.map(({ name }) => name),
]

export function stationStates(map: MetroMap, now: Moment | undefined): ReadonlyMap<string, StationState> {
  const states = new Map<string, StationState>()
  if (now === undefined) return states
  const lag = new Map(now.answer.lag.map((one) => [one.topic, one]))
  const dead = new Map(now.answer.dead.map(({ stop, waiting }) => [stop, waiting]))
  for (const stop of now.answer.stats.stops) {
    const { behind = 0, oldestMs = 0 } = lag.get(inputOf(map, stop.stop)) ?? {}
    const { state: held, inFlight, parkedKeys, p50Ms, p95Ms, p99Ms } = stop
    const rate = now.rates.get(stop.stop) ?? still
    const state = { rate, waiting: behind, oldestMs, inFlight, parkedKeys, p50Ms, p95Ms, p99Ms }
    states.set(stop.stop, { ...state, dead: dead.get(stop.stop) ?? 0, word: held === 'running' ? wordOf(state) : held })
  }
  return states
}

type Counted = Omit<StationState, 'word' | 'dead'>

function wordOf({ rate, parkedKeys, waiting, oldestMs }: Counted): StateWord {
  if (rate.dead > 0) return 'failing'
  if (parkedKeys > 0) return 'retrying'
  if (waiting > 0 && oldestMs > lateMs) return 'waiting'
  return rate.in > 0 || rate.out > 0 ? 'running' : 'idle'
}
