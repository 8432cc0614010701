/** One event's whole journey. */
import { useState } from 'preact/hooks'
import type { HopAnswer } from '../../../src/admin/answers.ts'
import { api } from '../api.ts'
import type { RecordAnswer, RideAnswer } from '../api.ts'
import { useAsked } from '../parts/asked.ts'
import { ChangeChips, Changes } from '../parts/changes.tsx'
import { changesOf } from '../parts/diff.ts'
import { Notice } from '../parts/notice.tsx'
import { duration, time } from '../parts/words.ts'
import { href, hrefWith } from '../place.ts'
import { RecordView } from '../topics/record-view.tsx'
import { FindRides } from './find-rides.tsx'
import { outcomeClass, outcomeWords } from './outcome.ts'
import { Reports } from './reports.tsx'
import { Standing } from './standing.tsx'
import { TraceLink } from './trace-link.tsx'

export function RidePage({ id }: { readonly id: string }) {
  const { answer: ride, error, again } = useAsked((signal) => api.ride(id, signal), [id])
  if (id === '') return <FindRides />
  if (ride === undefined)
    return (
      <>
        <Notice error={error} what={`the ride of ${id}`} />
        {error !== undefined && (
          <p>
            <a href={hrefWith(['rides'], { by: 'key', is: id })}>Look for rides with the key “{id}”</a>
          </p>
        )}
      </>
    )
  return (
    <>
      <h1>
        Ride <code>{ride.ride}</code>{' '}
        <span class={`word ${ride.state === 'riding' ? 'running' : 'idle'}`}>{ride.state}</span>
        <button type="button" onClick={again}>
          Look again
        </button>
      </h1>
      <Ride ride={ride} />
      <Reports ride={ride} />
    </>
  )
}

function Ride({ ride }: { readonly ride: RideAnswer }) {
  const records = useRecordsOf(ride)
  return (
    <>
      <dl class="facts">
        {fact('Line', ride.line)}
        {ride.key !== null && (
          <div>
            <dt>Key</dt>
            <dd>
              <a href={hrefWith(['rides'], { by: 'key', is: ride.key })}>
                <bdi>{ride.key}</bdi>
              </a>
            </dd>
          </div>
        )}
        {fact('Entered', time(ride.entered))}
        {fact('Ended', ride.ended === null ? null : time(ride.ended))}
        {fact('From first to last', duration(ride.durationMs))}
        {fact('Began with ride', ride.correlationid, ride.correlationid)}
        {fact('Caused by', ride.causationid)}
        <TraceLink headers={records.find((record) => record !== undefined)?.headers} />
      </dl>
      <ol class="hops">
        {ride.hops.map((hop, index) => (
          <Hop
            key={`${index} ${hop.stop}`}
            hop={hop}
            next={ride.hops[index + 1]}
            ride={ride}
            came={records[index]}
            went={records[index + 1]}
          />
        ))}
      </ol>
      {ride.children.length > 0 && <h2>It caused</h2>}
      {ride.children.map((child) => (
        <Child key={child.ride} ride={child} />
      ))}
      {ride.childrenHidden > 0 && <p>and {ride.childrenHidden} more, which are not shown.</p>}
    </>
  )
}

function Child({ ride }: { readonly ride: RideAnswer }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details class="child" open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        {ride.ride} {ride.state}, {outcomeWords(ride.hops.at(-1)?.outcome ?? '')}
      </summary>
      <p>
        <a href={href('rides', ride.ride)}>As a page of its own</a>
      </p>
      {isOpen && <Ride ride={ride} />}
    </details>
  )
}

function fact(name: string, value: string | null, ride?: string | null) {
  if (value === null) return undefined
  return (
    <div key={name}>
      <dt>{name}</dt>
      <dd>
        <bdi>{ride === undefined || ride === null ? value : <a href={href('rides', ride)}>{value}</a>}</bdi>
      </dd>
    </div>
  )
}

/** Enough to see what changed; the whole is asked for when somebody opens it. */
const comparedBytes = 65_536
const comparedMax = 24

/** What came to each stop of a ride, as far as it is still there. */
function useRecordsOf(ride: RideAnswer): readonly (RecordAnswer | undefined)[] {
  const { answer = [] } = useAsked(
    (signal) =>
      Promise.all(
        ride.hops.slice(0, comparedMax).map(async ({ place }) => {
          if (place === null) return undefined
          return api.record(place, signal, comparedBytes).catch(() => undefined)
        }),
      ),
    [ride],
  )
  return answer
}

interface HopOptions {
  readonly hop: HopAnswer
  readonly next: HopAnswer | undefined
  readonly ride: RideAnswer
  readonly came: RecordAnswer | undefined
  readonly went: RecordAnswer | undefined
}

/** A visit, as wide as it took of the whole, and where it began; with what it changed, and where the event stands now. */
function Hop({ hop, next, ride, came, went }: HopOptions) {
  const [isOpen, setOpen] = useState(false)
  const { stop, place, outcome, attempts, durationMs, arrived } = hop
  const begun = arrived === null ? 0 : Date.parse(arrived) - Date.parse(ride.entered)
  const until =
    next?.arrived === undefined || next.arrived === null
      ? ride.durationMs
      : Date.parse(next.arrived) - Date.parse(ride.entered)
  const whole = Math.max(1, ride.durationMs)
  const isCompared = came !== undefined && went !== undefined && came.cut === undefined && went.cut === undefined
  return (
    <li class={outcomeClass(outcome)}>
      <button
        type="button"
        class="row"
        aria-expanded={isOpen}
        disabled={place === null}
        onClick={() => setOpen(!isOpen)}
      >
        <b>{stop ?? place?.topic ?? 'a topic'}</b>
        <span class="outcome">{outcomeWords(outcome)}</span>
        <span>{attempts === null ? '' : `${attempts} ${attempts === 1 ? 'try' : 'tries'}`}</span>
        <span>{durationMs === null ? '' : duration(durationMs)}</span>
        <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
          <rect x={(100 * begun) / whole} width={Math.max(0.7, (100 * (until - begun)) / whole)} height="6" rx="1" />
        </svg>
        {isCompared ? <ChangeChips changes={changesOf(came.data, went.data)} /> : <span class="chips" />}
      </button>
      <Standing hop={hop} ride={ride} />
      {isOpen && place !== null && (
        <div class="data">
          <p class="tools">
            {stop !== null && <a href={href('stops', stop)}>The stop</a>}
            <a href={hrefWith(['topics', place.topic], { from: 'offset', at: String(place.offset) })}>
              {place.topic}, partition {place.partition}, offset {place.offset}
            </a>
          </p>
          {isCompared && (
            <>
              <h3>What it changed</h3>
              <Changes before={came.data} after={went.data} />
            </>
          )}
          <h3>What came</h3>
          {came === undefined ? <p class="empty">Retention has taken it.</p> : <RecordView record={came} />}
        </div>
      )}
    </li>
  )
}
