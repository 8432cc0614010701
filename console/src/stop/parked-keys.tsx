/** Keys whose events wait for a retry, or for an operator. */
import { api } from '../api.ts'
import { useAsked } from '../parts/asked.ts'
import { Table } from '../parts/table.tsx'
import { count, time } from '../parts/words.ts'
import { hrefWith } from '../place.ts'
import type { ParkRow } from '../ride/standing.tsx'

const shownMax = 50

interface Parked {
  readonly key: string
  readonly row: ParkRow
}

export function ParkedKeys({ topic, parked }: { readonly topic: string; readonly parked: number }) {
  // Asked for anew when their number changes.
  const { answer = [] } = useAsked((signal) => parkedIn(topic, signal), [topic, parked])
  if (answer.length === 0) return null
  return (
    <>
      <h2>Keys parked</h2>
      <Table heads={['Key', 'State', 'Failed tries', 'Since', 'Next try', 'Waiting']}>
        {answer.slice(0, shownMax).map(({ key, row }) => (
          <tr key={key}>
            <th scope="row">
              <a href={hrefWith(['rides'], { by: 'key', is: key })}>
                <bdi>{key}</bdi>
              </a>
            </th>
            <td>{row.isHeld ? 'held' : 'retrying'}</td>
            <td>{count(row.attempts)}</td>
            <td>{row.firstFailure === 0 ? '' : time(row.firstFailure)}</td>
            <td>{row.isHeld ? 'after its dead letter' : time(row.due)}</td>
            <td>{count(row.count)}</td>
          </tr>
        ))}
      </Table>
      {answer.length > shownMax && <p class="soft">and {count(answer.length - shownMax)} more.</p>}
    </>
  )
}

async function parkedIn(topic: string, signal: AbortSignal): Promise<readonly Parked[]> {
  const partitions = (await api.topics(signal)).find((one) => one.topic === topic)?.partitions ?? []
  const found = await Promise.all(partitions.map(({ partition }) => api.rows(`park/${topic}`, partition, signal)))
  return found
    .flatMap(({ rows }) => rows)
    .map(({ key, value }) => ({ key: key.replace(/^\0+/, ''), row: value as ParkRow }))
    .toSorted((one, other) => one.row.due - other.row.due)
}
