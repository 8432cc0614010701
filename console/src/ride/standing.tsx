/** Why an event has gone no further: what it waits behind, when it is tried again, or what it was given up for. */
import type { HopAnswer } from '../../../src/admin/answers.ts'
import { api } from '../api.ts'
import type { RideAnswer } from '../api.ts'
import { useAsked } from '../parts/asked.ts'
import { count, duration, time } from '../parts/words.ts'
import { hrefWith } from '../place.ts'

interface StandingOptions {
  readonly hop: HopAnswer
  readonly ride: RideAnswer
}

export function Standing({ hop, ride }: StandingOptions) {
  switch (hop.outcome) {
    case 'waiting':
      return <Waiting hop={hop} />
    case 'parked':
      return <Parked hop={hop} ride={ride} />
    case 'dead':
      return <Dead hop={hop} ride={ride} />
    default:
      return null
  }
}

function Waiting({ hop: { place, app } }: { readonly hop: HopAnswer }) {
  const { answer: lags } = useAsked((signal) => api.lag(signal), [place?.offset])
  const lag = lags?.find(({ group, topic }) => group === app && topic === place?.topic)
  const own = lag?.partitions.find(({ partition }) => partition === place?.partition)
  if (place === null || own === undefined) return null
  const before = Math.max(0, place.offset - own.watermark)
  return (
    <p class="why">
      {before === 0 ? 'It is next' : `${count(before)} events are before it`} in partition {place.partition} of{' '}
      {place.topic}; the oldest there has waited {duration(own.oldestMs)}.
    </p>
  )
}

/** As the app writes it for each key that waits. */
export interface ParkRow {
  readonly attempts: number
  readonly due: number
  readonly firstFailure: number
  readonly count: number
  readonly isHeld: boolean
}

function Parked({ hop: { place }, ride }: StandingOptions) {
  const { answer } = useAsked(
    async (signal) => (place === null ? undefined : api.rows(`park/${place.topic}`, place.partition, signal)),
    [place?.offset],
  )
  const row = answer?.rows.find(({ key }) => key === ride.key)?.value as ParkRow | undefined
  if (row === undefined) return null
  if (row.isHeld) return <p class="why">Its key is held until a dead letter of it is replayed or discarded.</p>
  return (
    <p class="why">
      The oldest event of its key has failed {count(row.attempts)} times since {time(row.firstFailure)}, and is tried
      again at {time(row.due)}.
    </p>
  )
}

function Dead({ hop: { stop }, ride }: StandingOptions) {
  const { answer: letters } = useAsked(
    async (signal) =>
      api.deadLetters({ ...(stop !== null && { stop }), ...(ride.key !== null && { key: ride.key }) }, signal),
    [ride.ride],
  )
  const letter = letters?.find((one) => one.ride === ride.ride)
  if (letter === undefined) return null
  return (
    <p class="why">
      {letter.cause}: {letter.message}{' '}
      <a href={hrefWith(['dead', letter.fingerprint], { place: letter.place })}>Replay or discard it</a>
    </p>
  )
}
