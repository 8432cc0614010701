/** What a station looks like now, from the newest look at the app. */
import type { Moment, StopRate } from '../live.ts'

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
  readonly p99Ms: number
  readonly word: 'failing' | 'retrying' | 'waiting' | 'running' | 'idle'
}

const still: StopRate = { in: 0, out: 0, retried: 0, dead: 0 }
/** Older than this, what waits is not only on its way. */
const lateMs = 2_000

export function stationStates(app: string, now: Moment | undefined): ReadonlyMap<string, StationState> {
  const states = new Map<string, StationState>()
  if (now === undefined) return states
  const lag = new Map(now.answer.lag.map((one) => [one.topic, one]))
  const dead = new Map(now.answer.dead.map(({ stop, waiting }) => [stop, waiting]))
  for (const stop of now.answer.stats.stops) {
    const rate = now.rates.get(stop.stop) ?? still
    const { behind = 0, oldestMs = 0 } = lag.get(`${app}.${stop.stop}`) ?? {}
    const state = {
      rate,
      waiting: behind,
      oldestMs,
      inFlight: stop.inFlight,
      parkedKeys: stop.parkedKeys,
      dead: dead.get(stop.stop) ?? 0,
      p50Ms: stop.p50Ms,
      p99Ms: stop.p99Ms,
    }
    states.set(stop.stop, { ...state, word: wordOf(state) })
  }
  return states
}

function wordOf({ rate, parkedKeys, waiting, oldestMs }: Omit<StationState, 'word'>): StationState['word'] {
  if (rate.dead > 0) return 'failing'
  if (parkedKeys > 0) return 'retrying'
  if (waiting > 0 && oldestMs > lateMs) return 'waiting'
  return rate.in > 0 || rate.out > 0 ? 'running' : 'idle'
}
