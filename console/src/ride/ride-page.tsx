/** One event's whole journey. */
import { useState } from 'preact/hooks'
import type { HopAnswer } from '../../../src/admin/answers.ts'
import { api } from '../api.ts'
import type { RecordAnswer, RideAnswer } from '../api.ts'
import { useAsked } from '../parts/asked.ts'
import { Json } from '../parts/json.tsx'
import { Notice } from '../parts/notice.tsx'
import { duration, time } from '../parts/words.ts'
import { href } from '../place.ts'

export function RidePage({ id }: { readonly id: string }) {
  const { answer: ride, error, again } = useAsked((signal) => api.ride(id, signal), [id])
  if (id === '') return <p class="empty">Write the id of an event into the field above.</p>
  if (ride === undefined) return <Notice error={error} what={`the ride of ${id}`} />
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
    </>
  )
}

function Ride({ ride }: { readonly ride: RideAnswer }) {
  return (
    <>
      <dl class="facts">
        {fact('Line', ride.line)}
        {fact('Key', ride.key)}
        {fact('Entered', time(ride.entered))}
        {fact('Ended', ride.ended === null ? null : time(ride.ended))}
        {fact('From first to last', duration(ride.durationMs))}
        {fact('Began with ride', ride.correlationid, ride.correlationid)}
        {fact('Caused by', ride.causationid)}
      </dl>
      <ol class="hops">
        {ride.hops.map((hop, index) => (
          <Hop key={`${index} ${hop.stop}`} hop={hop} next={ride.hops[index + 1]} ride={ride} />
        ))}
      </ol>
      {ride.children.length > 0 && <h2>It caused</h2>}
      {ride.children.map((child) => (
        <details key={child.ride} class="child">
          <summary>
            {child.ride} {child.state}, {child.hops.at(-1)?.outcome}
          </summary>
          <p>
            <a href={href('rides', child.ride)}>As a page of its own</a>
          </p>
          <Ride ride={child} />
        </details>
      ))}
      {ride.childrenHidden > 0 && <p>and {ride.childrenHidden} more, which are not shown.</p>}
    </>
  )
}

function fact(name: string, value: string | null, ride?: string | null) {
  if (value === null) return undefined
  return (
    <div key={name}>
      <dt>{name}</dt>
      <dd>{ride === undefined || ride === null ? value : <a href={href('rides', ride)}>{value}</a>}</dd>
    </div>
  )
}

/** A visit, as wide as it took of the whole, and where it began. */
function Hop({
  hop,
  next,
  ride,
}: {
  readonly hop: HopAnswer
  readonly next: HopAnswer | undefined
  readonly ride: RideAnswer
}) {
  const [isOpen, setOpen] = useState(false)
  const { stop, place, outcome, attempts, durationMs, arrived } = hop
  const begun = arrived === null ? 0 : Date.parse(arrived) - Date.parse(ride.entered)
  const until =
    next?.arrived === undefined || next.arrived === null
      ? ride.durationMs
      : Date.parse(next.arrived) - Date.parse(ride.entered)
  const whole = Math.max(1, ride.durationMs)
  const name = stop ?? place?.topic ?? 'a topic'
  return (
    <li class={outcomeClass(outcome)}>
      <button
        type="button"
        class="row"
        aria-expanded={isOpen}
        disabled={place === null}
        onClick={() => setOpen(!isOpen)}
      >
        <b>{name}</b>
        <span class="outcome">{outcome}</span>
        <span>{attempts === null ? '' : `${attempts} ${attempts === 1 ? 'try' : 'tries'}`}</span>
        <span>{durationMs === null ? '' : duration(durationMs)}</span>
        <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
          <rect x={(100 * begun) / whole} width={Math.max(0.7, (100 * (until - begun)) / whole)} height="6" rx="1" />
        </svg>
      </button>
      {isOpen && place !== null && <Data place={place} next={next?.place ?? null} stop={stop} />}
    </li>
  )
}

type Place = NonNullable<HopAnswer['place']>

/** What came to the stop, and what it changed. */
function Data({
  place,
  next,
  stop,
}: {
  readonly place: Place
  readonly next: Place | null
  readonly stop: string | null
}) {
  const { answer, error } = useAsked(
    async (signal) => Promise.all([recordAt(place, signal), next === null ? undefined : recordAt(next, signal)]),
    [place.topic, place.partition, place.offset, next?.offset],
  )
  if (answer === undefined) return <Notice error={error} what="the event" />
  const [came, went] = answer
  return (
    <div class="data">
      <p>
        {stop !== null && <a href={href('stops', stop)}>The stop</a>}{' '}
        <a href={href('topics', place.topic)}>
          {place.topic}, partition {place.partition}, offset {place.offset}
        </a>
      </p>
      <div class="sides">
        <section>
          <h3>Came</h3>
          {came === undefined ? <p class="empty">Retention has taken it.</p> : <Json data={came.data} />}
        </section>
        {went !== undefined && (
          <section>
            <h3>Went on as</h3>
            <Json data={went.data} before={came?.data} />
          </section>
        )}
      </div>
      {came !== undefined && Object.keys(came.headers).length > 0 && (
        <section>
          <h3>Headers</h3>
          <Json data={came.headers} />
        </section>
      )}
    </div>
  )
}

async function recordAt({ topic, partition, offset }: Place, signal: AbortSignal): Promise<RecordAnswer | undefined> {
  for await (const record of api.records(topic, { partition, offset, count: 1 }, signal))
    return record.offset === offset ? record : undefined
  return undefined
}

const outcomeClass = (outcome: string): string =>
  outcome === 'dead'
    ? 'failing'
    : outcome === 'parked'
      ? 'retrying'
      : outcome === 'waiting'
        ? 'waiting'
        : outcome.startsWith('dropped')
          ? 'dropped'
          : 'done'
