/** Rides by what their events carry: a key, the ride that a flow began with, or a header. */
import { useEffect, useState } from 'preact/hooks'
import { api } from '../api.ts'
import type { MetroMap, RecordAnswer } from '../api.ts'
import { inputOf } from '../map/station-state.ts'
import { useAsked } from '../parts/asked.ts'
import { Table } from '../parts/table.tsx'
import { count, time } from '../parts/words.ts'
import { href, hrefWith, useChosen } from '../place.ts'
import { found as foundIn } from '../topics/reading.ts'
import type { Progress } from '../topics/reading.ts'

type By = 'id' | 'key' | 'flow' | 'header'

const labels: Readonly<Record<By, string>> = {
  id: 'the id of an event',
  key: 'a key',
  flow: 'the ride that began it all',
  header: 'a header',
}

const isBy = (word: string | undefined): word is By => word !== undefined && word in labels

const foundMax = 200

export function FindRides() {
  const [{ by: word, is = '', header = '' }, choose] = useChosen()
  const by = isBy(word) ? word : 'id'
  const [text, setText] = useState(is)
  const [name, setName] = useState(header)
  return (
    <>
      <h1>Find rides</h1>
      <form
        class="query"
        onSubmit={(event) => {
          event.preventDefault()
          if (by === 'id') location.hash = href('rides', text)
          else choose({ is: text, header: by === 'header' ? name : '' })
        }}
      >
        <label>
          by{' '}
          <select value={by} onChange={({ currentTarget }) => choose({ by: currentTarget.value, is: '', header: '' })}>
            {Object.entries(labels).map(([by, label]) => (
              <option key={by} value={by}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {by === 'header' && (
          <input
            required
            aria-label="Name of the header"
            placeholder="name"
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        )}
        <input
          required
          aria-label={by === 'header' ? 'Value of the header' : 'What to look for'}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <button type="submit">Find</button>
      </form>
      {by !== 'id' && is !== '' && <Found key={`${by} ${header} ${is}`} by={by} is={is} header={header} />}
    </>
  )
}

interface Wanted {
  readonly by: By
  readonly is: string
  readonly header: string
}

function Found(wanted: Wanted) {
  const { answer: map } = useAsked(() => api.map(), [])
  const [found, setFound] = useState<readonly RecordAnswer[]>([])
  const [said, setSaid] = useState('looking …')
  useEffect(() => {
    if (map === undefined) return undefined
    const ending = new AbortController()
    const rides = new Map<string, RecordAnswer>()
    const look = async (): Promise<string> => {
      let read = 0
      for (const topic of beginningsOf(map)) {
        const query = { where: whereOf(wanted), count: foundMax, bytes: 0 }
        let scanned = 0
        const told = (progress: Progress): void => {
          scanned = progress.scanned
          setSaid(`looking, ${count(read + scanned)} events so far …`)
        }
        for await (const record of foundIn(topic, query, told, ending.signal)) {
          rides.set(record.ride, record)
          setFound([...rides.values()].toReversed())
          if (rides.size >= foundMax) return `the first ${foundMax} are shown`
        }
        read += scanned
      }
      return `${count(rides.size)} rides, of ${count(read)} events that were looked at`
    }
    look().then(setSaid, (error: Error) => !ending.signal.aborted && setSaid(error.message))
    return () => ending.abort()
  }, [map])
  return (
    <>
      <p class="soft" role="status">
        {said}
      </p>
      {found.length > 0 && (
        <Table heads={['Ride', 'Key', 'Came', 'To']}>
          {found.map((record) => (
            <tr key={record.ride}>
              <th scope="row">
                <a href={href('rides', record.ride)}>
                  <bdi>{record.ride}</bdi>
                </a>
              </th>
              <td>
                <bdi>{record.key ?? '—'}</bdi>
              </td>
              <td>{time(record.appended)}</td>
              <td>
                <a href={hrefWith(['topics', record.topic], { from: 'offset', at: String(record.offset) })}>
                  {record.topic}
                </a>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  )
}

/** The topics that events come to first. */
function beginningsOf(map: MetroMap): readonly string[] {
  const firsts = map.edges
    .filter(({ from, to }) => from.startsWith('entry:') && to.startsWith('stop:'))
    .map(({ to }) => inputOf(map, to.slice('stop:'.length)))
  return [...new Set(firsts)]
}

function whereOf({ by, is, header }: Wanted): string {
  const value = JSON.stringify(is)
  if (by === 'key') return `key = ${value}`
  if (by === 'flow') return `ride = ${value} or correlationid = ${value}`
  return `headers[${JSON.stringify(header)}] = ${value}`
}
