/** All topics, with who is behind on them. */
import { api } from '../api.ts'
import { useAsked } from '../parts/asked.ts'
import { Notice } from '../parts/notice.tsx'
import { Table } from '../parts/table.tsx'
import { bytes, count, duration } from '../parts/words.ts'
import { href } from '../place.ts'

export function TopicsPage() {
  const { answer, error, again } = useAsked((signal) => Promise.all([api.topics(signal), api.lag(signal)]), [])
  if (answer === undefined) return <Notice error={error} what="the topics" />
  const [topics, lags] = answer
  if (topics.length === 0) return <p class="empty">There are no topics yet.</p>
  return (
    <>
      <h1>
        Topics{' '}
        <button type="button" onClick={again}>
          Look again
        </button>
      </h1>
      <Table heads={['Topic', 'Records', 'Size', 'Partitions', 'Kept', 'Behind']}>
        {topics.map(({ topic, records, bytes: size, partitions, retention }) => (
          <tr key={topic}>
            <th scope="row">
              <a href={href('topics', topic)}>{topic}</a>
            </th>
            <td>{count(records)}</td>
            <td>{bytes(size)}</td>
            <td>{partitions.length}</td>
            <td>{keptFor(retention)}</td>
            <td>
              {lags
                .filter((lag) => lag.topic === topic)
                .map(({ group, behind, oldestMs }) =>
                  behind === 0 ? `${group} 0` : `${group} ${count(behind)} (${duration(oldestMs)})`,
                )
                .join(', ')}
            </td>
          </tr>
        ))}
      </Table>
    </>
  )
}

function keptFor({
  compact,
  timeMs,
  bytesMax,
}: {
  readonly compact: boolean
  readonly timeMs: number | null
  readonly bytesMax: number | null
}): string {
  const parts = [
    ...(compact ? ['newest of each key'] : []),
    ...(timeMs === null ? [] : [duration(timeMs)]),
    ...(bytesMax === null ? [] : [bytes(bytesMax)]),
  ]
  return parts.join(', ') || 'all'
}
