/** The metro map: laid out as the command line lays it out, with what goes on there drawn over it. */
import { memo } from 'preact/compat'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { coloursOf } from '../../../src/metro-map/colours.ts'
import { shortName } from '../../../src/metro-map/layout.ts'
import type { Layout, PlacedStation } from '../../../src/metro-map/layout.ts'
import { count } from '../parts/words.ts'
import { href, useChosen } from '../place.ts'
import { flowsOf } from './flows.ts'
import { readerName } from './station-state.ts'
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
  const lines = useLines()
  const colours = useMemo(() => coloursOf(layout.routes), [layout])
  const shown = useMemo(() => onRoutes(layout, lines.shown), [layout, lines.shown.join()])
  useEffect(() => {
    trains.current = new Trains(group.current!)
    return () => trains.current?.end()
  }, [layout])
  useEffect(() => {
    const paths = svg.current!.querySelectorAll<SVGPathElement>('path.leg')
    const rates = flowsOf(layout, states, accepted)
    trains.current?.set(rates.map((rate, index) => ({ path: paths[index]!, rate })))
    for (const [index, rate] of rates.entries()) {
      const width = Math.log10(1 + rate).toFixed(2)
      const { style } = paths[index]!
      if (style.getPropertyValue('--rate') !== width) style.setProperty('--rate', width)
    }
  }, [layout, states, accepted])
  return (
    <figure class="map">
      <div class="frame">
        <svg
          ref={svg}
          class={shown === undefined ? 'drawing' : 'drawing chosen'}
          role="group"
          aria-label="Map of the lines: plus and minus zoom, arrows move, 0 shows the whole"
          tabIndex={0}
        >
          <Legs layout={layout} colours={colours} shown={shown} />
          <g ref={group} class="trains" aria-hidden="true" />
          {layout.stations.map((station) => (
            <Station
              key={station.id}
              station={station}
              isShown={shown?.stations.has(station.id) === true}
              state={stateAt(station, states)}
            />
          ))}
        </svg>
      </div>
      <figcaption>
        <Legend layout={layout} colours={colours} lines={lines} />
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
  /** The routes that stand out: those that are pinned, or else the one that is pointed at. */
  readonly shown: readonly string[]
  readonly pinned: readonly string[]
  pin(route: string): void
  point(route: string | undefined): void
}

/** Pinned lines are part of the address, so a link brings them back. */
function useLines(): Lines {
  const [{ lines = '' }, choose] = useChosen()
  const [pointed, point] = useState<string>()
  const pinned = lines === '' ? [] : lines.split(' ')
  return {
    shown: pinned.length > 0 ? pinned : pointed === undefined ? [] : [pointed],
    pinned,
    pin: (route) =>
      choose({
        lines: (pinned.includes(route) ? pinned.filter((one) => one !== route) : [...pinned, route]).join(' '),
      }),
    point,
  }
}

interface Shown {
  readonly routes: ReadonlySet<string>
  readonly stations: ReadonlySet<string>
}

function onRoutes({ legs, routes }: Layout, chosen: readonly string[]): Shown | undefined {
  const known = new Set(chosen.filter((id) => routes.some((route) => route.id === id)))
  if (known.size === 0) return undefined
  const own = legs.filter(({ route }) => known.has(route))
  return { routes: known, stations: new Set(own.flatMap(({ from, to }) => [from, to])) }
}

interface LegendOptions {
  readonly layout: Layout
  readonly colours: ReadonlyMap<string, number>
  readonly lines: Lines
}

const Legend = ({ layout, colours, lines }: LegendOptions) => (
  <span class="legend" role="group" aria-label="Lines: click to keep one in view">
    {layout.routes
      .filter(({ kind }) => kind !== 'told')
      .map(({ id, name }) => (
        <button
          key={id}
          type="button"
          class={`route c${colours.get(id)}`}
          aria-pressed={lines.pinned.includes(id)}
          onClick={() => lines.pin(id)}
          onPointerEnter={() => lines.point(id)}
          onPointerLeave={() => lines.point(undefined)}
        >
          {name}
        </button>
      ))}
  </span>
)

interface LegsOptions {
  readonly layout: Layout
  readonly colours: ReadonlyMap<string, number>
  readonly shown: Shown | undefined
}

/** Drawn anew only when other lines are chosen: of 500 stops that would not be done in a frame. */
const Legs = memo(({ layout, colours, shown }: LegsOptions) => (
  <g>
    {layout.legs.map(({ from, to, route, path }) => {
      const colour = colours.get(route)
      const kind = colour === undefined ? 'told' : `c${colour}`
      const isShown = shown?.routes.has(route) === true
      return <path key={`${from} ${to} ${route}`} class={`leg ${kind}${isShown ? ' is-chosen' : ''}`} d={path} />
    })}
  </g>
))

const stateAt = ({ kind, name }: PlacedStation, states: Drawn['states']): StationState | undefined =>
  kind === 'topic' ? undefined : states.get(kind === 'entry' ? readerName(name) : name)

interface StationOptions {
  readonly station: PlacedStation
  readonly isShown: boolean
  readonly state: StationState | undefined
}

const Station = memo(
  ({ station, isShown, state }: StationOptions) => {
    const { kind, name, x, y, width, height } = station
    const target = targetOf(station, state)
    const below = belowOf(state)
    // Beside the depot.
    const hasDead = state !== undefined && state.dead > 0
    const body = (
      <g class={`station ${kind} ${state?.word ?? ''}${isShown ? ' is-chosen' : ''}`}>
        <title>{titleOf(station, state)}</title>
        <rect
          class="sign"
          x={x - width / 2}
          y={y - height / 2}
          width={width}
          height={height}
          rx={kind === 'entry' ? 2 : Math.min(width, height) / 2}
        />
        {state?.word === 'paused' && <path class="barrier" d={`M${x - width / 2 - 8} ${y - 11}v22m-4 -22v22`} />}
        <text x={x} y={kind === 'topic' ? y + 4 : y - height / 2 - 7} text-anchor="middle">
          {shortName(name)}
        </text>
        {below !== '' && (
          <text class="below" x={hasDead ? x + 4 : x} y={y + height / 2 + 16} text-anchor={hasDead ? 'end' : 'middle'}>
            {below}
          </text>
        )}
        {hasDead && (
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
  (one, other) => one.station === other.station && one.isShown === other.isShown && sameLook(one.state, other.state),
)

const sameLook = (one: StationState | undefined, other: StationState | undefined): boolean =>
  one?.word === other?.word &&
  one?.waiting === other?.waiting &&
  one?.parkedKeys === other?.parkedKeys &&
  one?.dead === other?.dead

function targetOf({ kind, name }: PlacedStation, state: StationState | undefined): string | undefined {
  if (kind === 'topic') return href('topics', name)
  if (kind === 'stop') return href('stops', name)
  return state === undefined ? undefined : href('stops', readerName(name))
}

/** What stands under a station: a state that is not the usual one, in words, and how many it concerns. */
function belowOf(state: StationState | undefined): string {
  if (state === undefined) return ''
  const { word, waiting, parkedKeys } = state
  const waits = waiting === 0 ? '' : `${count(waiting)} waiting`
  if (word === 'running' || word === 'idle' || word === 'waiting') return waits
  if (word === 'retrying') return `${count(parkedKeys)} retrying`
  return waits === '' ? word : `${word}, ${waits}`
}

function titleOf({ kind, name }: PlacedStation, state: StationState | undefined): string {
  if (state === undefined) return `${kind} ${name}`
  return `${kind} ${name}: ${state.word}, ${count(state.waiting)} waiting, ${count(state.parkedKeys)} keys retrying, ${count(state.dead)} dead letters`
}
