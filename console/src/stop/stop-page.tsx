/** One stop: what it does now, what it did these minutes, what it is allowed, and what went wrong. */
import { api } from '../api.ts'
import type { MetroMap } from '../api.ts'
import { Hold, usePaused } from '../control/hold.tsx'
import { Move } from '../control/move.tsx'
import { useLive } from '../live.ts'
import type { Moment } from '../live.ts'
import { handlersOf, inputOf, stationStates } from '../map/station-state.ts'
import type { StationState } from '../map/station-state.ts'
import { useAsked } from '../parts/asked.ts'
import { Chart } from '../parts/chart.tsx'
import { Facts } from '../parts/facts.tsx'
import { Notice } from '../parts/notice.tsx'
import { count, duration, rate } from '../parts/words.ts'
import { href, hrefWith } from '../place.ts'
import { Faults } from './faults.tsx'
import { ParkedKeys } from './parked-keys.tsx'

export function StopPage({ name }: { readonly name: string }) {
  const { answer: map, error } = useAsked(() => api.map(), [])
  const { moments, now } = useLive()
  const paused = usePaused()
  if (map === undefined) return <Notice error={error} what="the stop" />
  if (!handlersOf(map).includes(name)) return <p class="fault">This app has no stop “{name}”.</p>
  const state = stationStates(map, now).get(name)
  return (
    <>
      <h1>
        Stop {name} <span class={`word ${state?.word ?? 'idle'}`}>{state?.word ?? '…'}</span>
      </h1>
      <p class="tools">
        <a href={href('topics', inputOf(map, name))}>Its topic</a>
        {linesOf(map, name).map((line) => (
          <a key={line} href={hrefWith(['map'], { lines: `${map.app}/line:${line}` })}>
            Line {line}
          </a>
        ))}
      </p>
      {map.stops.some((stop) => stop.name === name) && <Hold target={{ kind: 'stop', name }} paused={paused} />}
      <Counts name={name} now={now} state={state} />
      <Charts name={name} input={inputOf(map, name)} moments={moments} />
      <Declared name={name} />
      <Move stop={name} />
      <ParkedKeys topic={inputOf(map, name)} parked={state?.parkedKeys ?? 0} />
      <Faults app={map.app} name={name} dead={state?.dead ?? 0} />
    </>
  )
}

const linesOf = ({ lines }: MetroMap, name: string): readonly string[] =>
  lines.filter(({ stops }) => stops.includes(name)).map((line) => line.name)

interface CountsOptions {
  readonly name: string
  readonly now: Moment | undefined
  readonly state: StationState | undefined
}

function Counts({ name, now, state }: CountsOptions) {
  const stats = now?.answer.stats.stops.find((one) => one.stop === name)
  const dropped = Object.entries(stats?.dropped ?? {}).map(([slug, times]) => `${slug} ${count(times)}`)
  const waiting = state?.waiting ?? 0
  return (
    <Facts
      facts={[
        ['In a second', rate(state?.rate.in ?? 0)],
        ['Out a second', rate(state?.rate.out ?? 0)],
        ['Came', count(stats?.in ?? 0)],
        ['Went on', count(stats?.out ?? 0)],
        ['Dropped', dropped.join(', ') || '0'],
        ['Tried again', count(stats?.retried ?? 0)],
        ['Given up', count(stats?.dead ?? 0)],
        ['In flight', count(state?.inFlight ?? 0)],
        ['Keys retrying', count(state?.parkedKeys ?? 0)],
        ['Waiting', waiting === 0 ? '0' : `${count(waiting)}, the oldest for ${duration(state?.oldestMs ?? 0)}`],
        ['Handler p50', duration(state?.p50Ms ?? 0)],
        ['p95', duration(state?.p95Ms ?? 0)],
        ['p99', duration(state?.p99Ms ?? 0)],
      ]}
    />
  )
}

interface ChartsOptions {
  readonly name: string
  readonly input: string
  readonly moments: readonly Moment[]
}

function Charts({ name, input, moments }: ChartsOptions) {
  const times = moments.map(({ at }) => at)
  const lags = moments.map(({ answer }) => answer.lag.find(({ topic }) => topic === input))
  return (
    <div class="sides">
      <Chart
        title="Events a second"
        times={times}
        series={[
          { label: 'in', colour: 0, values: moments.map(({ rates }) => rates.get(name)?.in ?? null) },
          { label: 'out', colour: 2, values: moments.map(({ rates }) => rates.get(name)?.out ?? null) },
        ]}
      />
      <Chart
        title="Waiting"
        times={times}
        series={[{ label: 'events', colour: 1, values: lags.map((lag) => lag?.behind ?? 0) }]}
      />
      <Chart
        title="Oldest waits, seconds"
        times={times}
        series={[{ label: 'seconds', colour: 6, values: lags.map((lag) => (lag?.oldestMs ?? 0) / 1000) }]}
      />
    </div>
  )
}

/** What the code says of it. */
function Declared({ name }: { readonly name: string }) {
  const { answer: stop } = useAsked((signal) => api.stop(name, signal), [name])
  if (stop === undefined) return null
  const { source, policy } = stop
  const { attempts, backoffFirstMs, backoffFactor, backoffMaxMs, deadlineMs, whenDeadLettered } = policy
  return (
    <>
      <h2>As it is declared</h2>
      <Facts
        facts={[
          ...(source === null ? [] : [['At', `${source.file}:${source.line}`] as const]),
          ['Effects', stop.effects ? 'outside' : 'none'],
          ['Tries', count(attempts)],
          ['Waits between', `${duration(backoffFirstMs)}, then × ${backoffFactor}, at most ${duration(backoffMaxMs)}`],
          ['A try may take', duration(deadlineMs)],
          ['When it is given up, its key', whenDeadLettered === 'holdKey' ? 'is held' : 'goes on'],
          ['At once, of a partition', count(stop.concurrency)],
          ...stop.limits.map((limit) => ['Limit', limit] as const),
        ]}
      />
    </>
  )
}
