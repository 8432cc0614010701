/** How the app is: ready or why not, and what needs somebody. */
import { api } from '../api.ts'
import { Hold, usePaused } from '../control/hold.tsx'
import { useLive } from '../live.ts'
import type { Moment } from '../live.ts'
import { stationStates } from '../map/station-state.ts'
import type { StationState } from '../map/station-state.ts'
import { useAsked } from '../parts/asked.ts'
import { Facts } from '../parts/facts.tsx'
import { Notice } from '../parts/notice.tsx'
import { Table } from '../parts/table.tsx'
import { count, duration, time } from '../parts/words.ts'
import { href } from '../place.ts'

export function HealthPage() {
  const { answer, error } = useAsked(() => Promise.all([api.app(), api.map()]), [])
  const { now } = useLive()
  const paused = usePaused()
  if (answer === undefined) return <Notice error={error} what="the app" />
  if (now === undefined) return <Notice error={undefined} what="how it is" />
  const [app, map] = answer
  const { live, ready, started, reasons } = now.answer.health
  const troubled = [...stationStates(map, now)].filter(([, { word, dead }]) => isTrouble(word) || dead > 0)
  return (
    <>
      <h1>
        Health <span class={`word ${ready ? 'running' : 'failing'}`}>{ready ? 'ready' : 'not ready'}</span>
      </h1>
      <Facts
        facts={[
          ['Lives', live ? 'yes' : 'no'],
          ['Ready', ready ? 'yes' : 'no'],
          ['Has started', started ? 'yes' : 'no'],
          ['Process', String(app.pid)],
          ['Node.js', app.node],
          ['Looked at', time(now.at)],
          ['Events refused', count(now.answer.stats.refused)],
          ['In the error log since the start', count(now.answer.stats.faults)],
        ]}
      />
      {reasons.length > 0 && (
        <ul>
          {reasons.map((reason) => (
            <li key={reason} class="fault">
              {reason}
            </li>
          ))}
        </ul>
      )}
      <h2>What needs a look</h2>
      {troubled.length === 0 ? (
        <p class="empty">Nothing: no stop fails, retries or is late, and no dead letter waits.</p>
      ) : (
        <Table heads={['Stop', 'State', 'Why']}>
          {troubled.map(([stop, state]) => (
            <tr key={stop}>
              <th scope="row">
                <a href={href('stops', stop)}>{stop}</a>
              </th>
              <td>
                <span class={`word ${state.word}`}>{state.word}</span>
              </td>
              <td class="long">{whyOf(state)}</td>
            </tr>
          ))}
        </Table>
      )}
      <h2>Entries and lines</h2>
      {map.entries.map(({ name }) => (
        <Hold key={name} target={{ kind: 'entry', name }} paused={paused} />
      ))}
      {map.lines.map(({ name }) => (
        <Hold key={name} target={{ kind: 'line', name }} paused={paused} />
      ))}
      <Measured now={now} />
    </>
  )
}

const isTrouble = (word: StationState['word']): boolean => word !== 'running' && word !== 'idle'

function whyOf({ waiting, oldestMs, parkedKeys, dead }: StationState): string {
  const reasons = [
    ...(waiting > 0 ? [`${count(waiting)} events wait, the oldest for ${duration(oldestMs)}`] : []),
    ...(parkedKeys > 0 ? [`${count(parkedKeys)} keys are retried`] : []),
    ...(dead > 0 ? [`${count(dead)} dead letters wait`] : []),
  ]
  return reasons.join('; ')
}

/** The app's own metrics. */
function Measured({ now }: { readonly now: Moment }) {
  const { measured = [] } = now.answer.stats
  if (measured.length === 0) return null
  return (
    <>
      <h2>Its own metrics</h2>
      <Table heads={['Metric', 'Labels', 'Value', 'Count']}>
        {measured.map(({ name, labels, value, count: times }) => (
          <tr key={`${name} ${JSON.stringify(labels)}`}>
            <th scope="row">{name}</th>
            <td>
              {Object.entries(labels)
                .map(([label, value]) => `${label} ${value}`)
                .join(', ')}
            </td>
            <td>{value.toLocaleString('en', { maximumFractionDigits: 3 })}</td>
            <td>{times === undefined ? '' : count(times)}</td>
          </tr>
        ))}
      </Table>
    </>
  )
}
