/** The maps of one or several apps as one network of stations and coloured routes: what a picture is made of, before anything has a place. */
import type { MapEdge, MetroMap } from '../itinerary/map.ts'
import { stopPlace } from '../itinerary/map.ts'

/** A place where events can be. Topics belong to all apps of a system, all else to one. */
export interface Station {
  readonly id: string
  readonly kind: 'entry' | 'stop' | 'topic'
  readonly name: string
  /** Null for a topic. */
  readonly app: string | null
}

/** A line, a conductor, or what an app tells others; drawn in one colour. */
export interface Route {
  readonly id: string
  readonly kind: 'line' | 'conductor' | 'told'
  readonly name: string
  readonly app: string
}

/** Two stations in a row on a route. */
export interface Leg {
  readonly from: string
  readonly to: string
  readonly route: string
}

export interface Network {
  readonly stations: readonly Station[]
  readonly routes: readonly Route[]
  readonly legs: readonly Leg[]
}

/** The station of a place of `MetroMap`, as `stop:archive` of an app. */
export function stationId(app: string, place: string): string {
  return place.startsWith('topic:') ? place : `${app}/${place}`
}

/** The network of a system: each app by its map, in the order given. */
export function networkOf(maps: readonly MetroMap[]): Network {
  const stations = new Map<string, Station>()
  const routes = new Map<string, Route>()
  const legs = new Map<string, Leg>()
  for (const map of maps) {
    const place = (kind: Station['kind'], name: string): void => {
      const id = stationId(map.app, `${kind}:${name}`)
      if (!stations.has(id)) stations.set(id, { id, kind, name, app: kind === 'topic' ? null : map.app })
    }
    for (const { name } of map.entries) place('entry', name)
    for (const { name } of map.stops) place('stop', name)
    for (const name of map.topics) place('topic', name)
    for (const edge of map.edges)
      for (const route of routesOf(map, edge)) {
        routes.set(route.id, route)
        const leg = { from: stationId(map.app, edge.from), to: stationId(map.app, edge.to), route: route.id }
        legs.set(`${leg.from} ${leg.to} ${leg.route}`, leg)
      }
  }
  return { stations: [...stations.values()], routes: [...routes.values()], legs: [...legs.values()] }
}

/** The routes that use a way: one, but for two stops that follow each other on several lines. */
function routesOf(map: MetroMap, { from, to, kind, name }: MapEdge): readonly Route[] {
  const route = (kind: Route['kind'], name: string): Route => ({
    id: `${map.app}/${kind}:${name}`,
    kind,
    name,
    app: map.app,
  })
  switch (kind) {
    case 'emit':
    case 'from':
      return [route('told', map.app)]
    case 'next': {
      const lines = map.lines.filter(({ stops }) =>
        stops.some((stop, index) => stopPlace(stop) === from && stopPlace(stops[index + 1] ?? '') === to),
      )
      return lines.length === 0 ? [route('line', from)] : lines.map((line) => route('line', line.name))
    }
    case 'rule':
      return map.conductors
        .filter(({ stops }) => stops.some((stop) => stopPlace(stop) === to))
        .map((conductor) => route('conductor', conductor.name))
    default:
      return [route(map.conductors.some((one) => one.name === name) ? 'conductor' : 'line', name ?? to)]
  }
}
