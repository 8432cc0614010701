/** How far each group is behind, in events and in time: now, and over these minutes for the app's own. */
import { api } from '../api.ts'
import type { LagAnswer } from '../api.ts'
import { useLive } from '../live.ts'
import { useAsked } from '../parts/asked.ts'
import { Chart } from '../parts/chart.tsx'
import { Notice } from '../parts/notice.tsx'
import { Table } from '../parts/table.tsx'
import { count, duration } from '../parts/words.ts'
import { href, hrefWith } from '../place.ts'

export function LagPage() {
  const { answer: lags, error, again } = useAsked((signal) => api.lag(signal), [])
  const { moments } = useLive()
  if (lags === undefined) return <Notice error={error} what="the lag" />
  const times = moments.map(({ at }) => at)
  const most = (of: (lag: { readonly behind: number; readonly oldestMs: number }) => number): number[] =>
    moments.map(({ answer }) => Math.max(0, ...answer.lag.map(of)))
  return (
    <>
      <h1>
        Lag{' '}
        <button type="button" onClick={again}>
          Look again
        </button>
      </h1>
      <div class="sides">
        <Chart
          title="Events behind, where it is most"
          times={times}
          series={[{ label: 'events', colour: 0, values: most(({ behind }) => behind) }]}
        />
        <Chart
          title="Seconds behind, where it is most"
          times={times}
          series={[{ label: 'seconds', colour: 1, values: most(({ oldestMs }) => oldestMs / 1000) }]}
        />
      </div>
      {lags.length === 0 ? (
        <p class="empty">No group has settled anything yet.</p>
      ) : (
        <Table heads={['Topic', 'Group', 'Events behind', 'Oldest waits', 'Partitions']}>
          {lags.map((lag) => (
            <Row key={`${lag.group} ${lag.topic}`} lag={lag} />
          ))}
        </Table>
      )}
    </>
  )
}

function Row({ lag: { group, topic, behind, oldestMs, partitions } }: { readonly lag: LagAnswer }) {
  const late = partitions.filter((one) => one.behind > 0)
  return (
    <tr>
      <th scope="row">
        <a href={href('topics', topic)}>{topic}</a>
      </th>
      <td>{group}</td>
      <td>{count(behind)}</td>
      <td>{behind === 0 ? '' : duration(oldestMs)}</td>
      <td class="long">
        {late.length === 0
          ? `${partitions.length}, all at their end`
          : late.map(({ partition, watermark, behind }, index) => (
              <span key={partition}>
                {index > 0 && ', '}
                <a href={hrefWith(['topics', topic], { from: 'offset', at: String(watermark) })}>
                  {partition} from {count(watermark)}
                </a>
                : {count(behind)}
              </span>
            ))}
      </td>
    </tr>
  )
}
