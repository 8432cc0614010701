/** One stop: what it does now, and what it did these minutes. */
import { api } from '../api.ts'
import { useLive } from '../live.ts'
import { stationStates } from '../map/station-state.ts'
import { useAsked } from '../parts/asked.ts'
import { Chart } from '../parts/chart.tsx'
import { Notice } from '../parts/notice.tsx'
import { count, duration, rate } from '../parts/words.ts'
import { href } from '../place.ts'

export function StopPage({ name }: { readonly name: string }) {
  const { answer: map, error } = useAsked(() => api.map(), [])
  const { answer: groups } = useAsked((signal) => api.deadGroups(signal), [name])
  const { moments, now } = useLive()
  if (map === undefined) return <Notice error={error} what="the stop" />
  const stop = map.stops.find((one) => one.name === name)
  if (stop === undefined) return <p class="fault">This app has no stop “{name}”.</p>
  const state = stationStates(map.app, now).get(name)
  const stats = now?.answer.stats.stops.find((one) => one.stop === name)
  const lines = map.lines.filter(({ stops }) => stops.includes(name)).map((line) => line.name)
  const facts: readonly (readonly [string, string])[] = [
    ['On the lines', lines.join(', ') || 'none'],
    ['Effects outside', stop.effects ? 'yes' : 'none'],
    ['May turn to', stop.targets.join(', ') || 'nothing'],
    ['Came', count(stats?.in ?? 0)],
    ['Went on', count(stats?.out ?? 0)],
    [
      'Dropped',
      Object.entries(stats?.dropped ?? {})
        .map(([slug, times]) => `${slug} ${count(times)}`)
        .join(', ') || '0',
    ],
    ['Tried again', count(stats?.retried ?? 0)],
    ['Given up', count(stats?.dead ?? 0)],
    ['In flight', count(state?.inFlight ?? 0)],
    ['Keys retrying', count(state?.parkedKeys ?? 0)],
    [
      'Waiting',
      state === undefined || state.waiting === 0
        ? '0'
        : `${count(state.waiting)}, the oldest for ${duration(state.oldestMs)}`,
    ],
    ['Handler p50', duration(state?.p50Ms ?? 0)],
    ['Handler p99', duration(state?.p99Ms ?? 0)],
  ]
  const times = moments.map(({ at }) => at)
  const dead = groups?.filter((group) => group.stop === name) ?? []
  return (
    <>
      <h1>
        Stop {name} <span class={`word ${state?.word ?? 'idle'}`}>{state?.word ?? '…'}</span>
      </h1>
      <dl class="facts">
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p>
        <a href={href('topics', `${map.app}.${name}`)}>Its topic</a>
      </p>
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
          series={[
            {
              label: 'events',
              colour: 1,
              values: moments.map(
                (moment) => moment.answer.lag.find(({ topic }) => topic === `${map.app}.${name}`)?.behind ?? 0,
              ),
            },
          ]}
        />
      </div>
      <h2>Dead letters</h2>
      {dead.length === 0 ? (
        <p class="empty">None waits.</p>
      ) : (
        <ul>
          {dead.map((group) => (
            <li key={group.fingerprint}>
              <a href={href('dead', group.fingerprint)}>
                {count(group.count)} × {group.cause}
              </a>
              : {group.message}
            </li>
          ))}
        </ul>
      )}
      <p class="soft">
        Now {rate(state?.rate.in ?? 0)} in and {rate(state?.rate.out ?? 0)} out a second.
      </p>
    </>
  )
}
