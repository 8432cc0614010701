/** The map in motion, and the same as a table. */
import { useMemo, useState } from 'preact/hooks'
import { layOut } from '../../../src/metro-map/layout.ts'
import type { Layout } from '../../../src/metro-map/layout.ts'
import { networkOf } from '../../../src/metro-map/network.ts'
import { api } from '../api.ts'
import type { MetroMap } from '../api.ts'
import { Hold, usePaused } from '../control/hold.tsx'
import { useLive } from '../live.ts'
import type { Moment } from '../live.ts'
import { useAsked } from '../parts/asked.ts'
import { Notice } from '../parts/notice.tsx'
import { Table } from '../parts/table.tsx'
import { count, duration, rate } from '../parts/words.ts'
import { href, useChosen } from '../place.ts'
import { MetroDrawing } from './metro-drawing.tsx'
import { handlersOf, stationStates } from './station-state.ts'
import type { StationState } from './station-state.ts'

export function MapPage() {
  const { answer: map, error } = useAsked(() => api.map(), [])
  const { now } = useLive()
  const layout = useMemo(() => (map === undefined ? undefined : layOut(networkOf([map]))), [map])
  if (map === undefined || layout === undefined) return <Notice error={error} what="the map" />
  return <LiveMap map={map} layout={layout} now={now} />
}

function LiveMap({
  map,
  layout,
  now,
}: {
  readonly map: MetroMap
  readonly layout: Layout
  readonly now: Moment | undefined
}) {
  const states = useMemo(() => stationStates(map, now), [map, now])
  return (
    <>
      <h1 class="unseen">Map of {map.app}</h1>
      <MetroDrawing layout={layout} states={states} accepted={now?.accepted ?? 0} />
      <PinnedLines layout={layout} />
      <Facts accepted={now?.answer.stats.accepted} rate={now?.accepted} refused={now?.answer.stats.refused} />
      <StopTable stops={handlersOf(map)} states={states} />
    </>
  )
}

/** What can be done with the lines that are kept in view. */
function PinnedLines({ layout }: { readonly layout: Layout }) {
  const [{ lines = '' }] = useChosen()
  const paused = usePaused()
  return (
    <>
      {layout.routes
        .filter(({ id, kind }) => kind === 'line' && lines.split(' ').includes(id))
        .map(({ id, name }) => (
          <Hold key={id} target={{ kind: 'line', name }} paused={paused} />
        ))}
    </>
  )
}

function Facts(facts: {
  readonly accepted: number | undefined
  readonly rate: number | undefined
  readonly refused: number | undefined
}) {
  return (
    <p class="facts">
      <b>{rate(facts.rate ?? 0)}</b> events enter a second, <b>{count(facts.accepted ?? 0)}</b> since the start,{' '}
      <b>{count(facts.refused ?? 0)}</b> refused
    </p>
  )
}

/** More stand there when somebody asks: a table of 500 stops takes longer to draw than their map. */
const rowsMax = 100

function StopTable({
  stops,
  states,
}: {
  readonly stops: readonly string[]
  readonly states: ReadonlyMap<string, StationState>
}) {
  const [isWhole, setWhole] = useState(false)
  if (stops.length === 0) return <p class="empty">This app has no stops.</p>
  const more = isWhole ? 0 : stops.length - rowsMax
  return (
    <>
      <Table
        caption="The same as a table"
        heads={[
          'Stop',
          'State',
          'In / s',
          'Out / s',
          'Waiting',
          'Oldest',
          'In flight',
          'Keys retrying',
          'Dead letters',
          'p50',
          'p95',
          'p99',
        ]}
      >
        {stops.slice(0, isWhole ? Infinity : rowsMax).map((stop) => (
          <Row key={stop} stop={stop} state={states.get(stop)} />
        ))}
      </Table>
      {more > 0 && (
        <button type="button" onClick={() => setWhole(true)}>
          Show {count(more)} more
        </button>
      )}
    </>
  )
}

function Row({ stop, state }: { readonly stop: string; readonly state: StationState | undefined }) {
  return (
    <tr>
      <th scope="row">
        <a href={href('stops', stop)}>{stop}</a>
      </th>
      <td>
        <span class={`word ${state?.word ?? 'idle'}`}>{state?.word ?? '…'}</span>
      </td>
      <td>{rate(state?.rate.in ?? 0)}</td>
      <td>{rate(state?.rate.out ?? 0)}</td>
      <td>{count(state?.waiting ?? 0)}</td>
      <td>{state === undefined || state.waiting === 0 ? '' : duration(state.oldestMs)}</td>
      <td>{count(state?.inFlight ?? 0)}</td>
      <td>{count(state?.parkedKeys ?? 0)}</td>
      <td>{state === undefined || state.dead === 0 ? '0' : <a href={href('dead')}>{count(state.dead)}</a>}</td>
      <td>{duration(state?.p50Ms ?? 0)}</td>
      <td>{duration(state?.p95Ms ?? 0)}</td>
      <td>{duration(state?.p99Ms ?? 0)}</td>
    </tr>
  )
}
