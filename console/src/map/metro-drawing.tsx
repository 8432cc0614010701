/** The metro map: laid out as the command line lays it out, with what goes on there drawn over it. */
import { memo } from 'preact/compat'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { coloursOf } from '../../../src/metro-map/colours.ts'
import { shortName } from '../../../src/metro-map/layout.ts'
import type { Layout, PlacedStation } from '../../../src/metro-map/layout.ts'
import { count } from '../parts/words.ts'
import { href } from '../place.ts'
import { flowsOf } from './flows.ts'
import type { StationState } from './station-state.ts'
import { Trains } from './trains.ts'
import { useViewBox } from './view-box.ts'

interface Drawn {
  readonly layout: Layout
  /** By the name of the stop. */
  readonly states: ReadonlyMap<string, StationState>
  /** Events that enter a second. */
  readonly accepted: number
}

export function MetroDrawing({ layout, states, accepted }: Drawn) {
  const svg = useRef<SVGSVGElement>(null)
  const trains = useRef<Trains>(undefined)
  const group = useRef<SVGGElement>(null)
  const view = useViewBox(svg, layout.width, layout.height)
  const [route, setRoute] = useState<string>()
  const colours = useMemo(() => coloursOf(layout.routes), [layout])
  useEffect(() => {
    trains.current = new Trains(group.current!)
    return () => trains.current?.end()
  }, [layout])
  useEffect(() => {
    const paths = svg.current!.querySelectorAll<SVGPathElement>('path.leg')
    const rates = flowsOf(layout, states, accepted)
    trains.current?.set(rates.map((rate, index) => ({ path: paths[index]!, rate })))
    for (const [index, rate] of rates.entries()) paths[index]!.style.setProperty('--rate', String(Math.log10(1 + rate)))
  })
  return (
    <figure class="map">
      <svg
        ref={svg}
        class={route === undefined ? 'drawing' : 'drawing chosen'}
        role="group"
        aria-label="Map of the lines: plus and minus zoom, arrows move, 0 shows the whole"
        tabIndex={0}
      >
        <Legs layout={layout} colours={colours} chosen={route} />
        <g ref={group} class="trains" aria-hidden="true" />
        {layout.stations.map((station) => (
          <Station
            key={station.id}
            station={station}
            state={station.kind === 'stop' ? states.get(station.name) : undefined}
          />
        ))}
      </svg>
      <figcaption>
        <span class="legend">
          {layout.routes
            .filter(({ kind }) => kind !== 'told')
            .map(({ id, name }) => (
              <button
                key={id}
                type="button"
                class={`route c${colours.get(id)}`}
                aria-pressed={route === id}
                onClick={() => setRoute(route === id ? undefined : id)}
              >
                {name}
              </button>
            ))}
        </span>
        <span class="tools">
          <button type="button" aria-label="Zoom in" onClick={() => view.zoom(0.8)}>
            +
          </button>
          <button type="button" aria-label="Zoom out" onClick={() => view.zoom(1.25)}>
            −
          </button>
          <button type="button" onClick={() => view.whole()}>
            Whole map
          </button>
        </span>
      </figcaption>
    </figure>
  )
}

interface Lines {
  readonly layout: Layout
  readonly colours: ReadonlyMap<string, number>
  readonly chosen: string | undefined
}

/** Drawn anew only when another line is chosen: of 500 stops that would not be done in a frame. */
const Legs = memo(({ layout, colours, chosen }: Lines) => (
  <g>
    {layout.legs.map(({ from, to, route, path }) => {
      const colour = colours.get(route)
      const kind = colour === undefined ? 'told' : `c${colour}`
      return (
        <path key={`${from} ${to} ${route}`} class={`leg ${kind}${chosen === route ? ' is-chosen' : ''}`} d={path} />
      )
    })}
  </g>
))

const Station = memo(
  ({ station, state }: { readonly station: PlacedStation; readonly state: StationState | undefined }) => {
    const { kind, name, x, y, width, height } = station
    const target = kind === 'stop' ? href('stops', name) : kind === 'topic' ? href('topics', name) : undefined
    const word = state?.word ?? ''
    const body = (
      <g class={`station ${kind} ${word}`}>
        <title>{titleOf(station, state)}</title>
        <rect
          class="sign"
          x={x - width / 2}
          y={y - height / 2}
          width={width}
          height={height}
          rx={kind === 'entry' ? 2 : Math.min(width, height) / 2}
        />
        <text x={x} y={kind === 'topic' ? y + 4 : y - height / 2 - 7} text-anchor="middle">
          {shortName(name)}
        </text>
        {state !== undefined && state.waiting > 0 && (
          <text class="waiting" x={x} y={y + height / 2 + 16} text-anchor="middle">
            {count(state.waiting)}
          </text>
        )}
        {state !== undefined && state.dead > 0 && (
          <g class="depot">
            <path d={`M${x + width / 2 + 3} ${y + 5}h13v10h-13z`} />
            <text x={x + width / 2 + 20} y={y + 14}>
              {count(state.dead)}
            </text>
          </g>
        )}
      </g>
    )
    return target === undefined ? body : <a href={target}>{body}</a>
  },
  (one, other) => one.station === other.station && sameLook(one.state, other.state),
)

const sameLook = (one: StationState | undefined, other: StationState | undefined): boolean =>
  one?.word === other?.word && one?.waiting === other?.waiting && one?.dead === other?.dead

function titleOf({ kind, name }: PlacedStation, state: StationState | undefined): string {
  if (state === undefined) return `${kind} ${name}`
  return `stop ${name}: ${state.word}, ${count(state.waiting)} waiting, ${count(state.parkedKeys)} keys retrying, ${count(state.dead)} dead letters`
}
