/**
 * What rides on each way. Counted is only what comes to a stop and what leaves it; the ways between are filled so that both add up, by proportional fitting (Deming and Stephan,
 * 1940): where a stop has one way in or out that is exact, and a way that nothing can have used stays empty.
 */
import type { Layout } from '../../../src/metro-map/layout.ts'
import { readerName } from './station-state.ts'
import type { StationState } from './station-state.ts'

interface Way {
  readonly from: string
  readonly to: string
  flow: number
}

/** A way that has to become empty does so slowly: like one over the rounds. */
const rounds = 300
/** Of what comes to a stop: less is what the fitting has left over. */
const least = 0.02

/** Events a second, for each leg of the layout: legs of several routes between the same two stops have a share each. */
export function flowsOf(
  { legs, stations, routes }: Layout,
  states: ReadonlyMap<string, StationState>,
  accepted: number,
): readonly number[] {
  const told = new Set(routes.filter(({ kind }) => kind === 'told').map(({ id }) => id))
  const kinds = new Map(stations.map((station) => [station.id, station]))
  const entries = stations.filter(({ kind }) => kind === 'entry').length
  // What a topic or a stop tells an entry is not among what was accepted.
  const hearing = new Set(legs.filter(({ route }) => told.has(route)).map(({ to }) => to))
  const stateOf = (id: string): StationState | undefined => {
    const station = kinds.get(id)
    if (station === undefined || station.kind === 'topic') return undefined
    return states.get(station.kind === 'stop' ? station.name : readerName(station.name))
  }
  const ways = new Map<string, Way>()
  const shares = new Map<string, number>()
  for (const { from, to, route } of legs) {
    if (told.has(route)) continue
    const key = `${from} ${to}`
    ways.set(key, { from, to, flow: 1 })
    shares.set(key, (shares.get(key) ?? 0) + 1)
  }
  const list = [...ways.values()]
  const leaving = [...Map.groupBy(list, ({ from }) => from)].flatMap(([id, group]) => {
    // Of several entries nobody knows which; a ride may end where others go on, so what leaves is a bound.
    const entered = entries === 1 && !hearing.has(id) ? accepted : Infinity
    const most = stateOf(id)?.rate.out ?? (kinds.get(id)?.kind === 'entry' ? entered : 0)
    return most === Infinity ? [] : [{ group, most }]
  })
  const reaching = [...Map.groupBy(list, ({ to }) => to)].map(([id, group]) => ({
    group,
    all: stateOf(id)?.rate.in ?? 0,
  }))
  for (let round = 0; round < rounds; round++) {
    for (const { group, all } of reaching) scale(group, all)
    if (list.every(({ flow }) => flow === 0)) break
    for (const { group, most } of leaving) if (sumOf(group) > most) scale(group, most)
  }
  return legs.map(({ from, to, route }) => {
    if (told.has(route)) return (stateOf(from) ?? stateOf(to))?.rate.in ?? 0
    const key = `${from} ${to}`
    const flow = ways.get(key)!.flow / shares.get(key)!
    return flow < least * (stateOf(to)?.rate.in ?? 0) ? 0 : flow
  })
}

const sumOf = (ways: readonly Way[]): number => ways.reduce((sum, { flow }) => sum + flow, 0)

function scale(ways: readonly Way[], to: number): void {
  const sum = sumOf(ways)
  for (const way of ways) way.flow = sum === 0 ? 0 : (way.flow * to) / sum
}
