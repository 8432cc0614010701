/**
 * Which column each station stands in, and how stations and lines pass each other: the layered drawing of Sugiyama, Tagawa and Toda (1981). Ways that lead back are
 * set aside, so that everything else goes from left to right.
 */
import type { Network } from './network.ts'

/** A station, or a place where a long way passes a column. */
export interface Node {
  readonly id: string
  readonly isStation: boolean
  readonly column: number
  /** Neighbours in the columns beside. */
  readonly before: Node[]
  readonly after: Node[]
  /** Place in the column, from the top: whole tracks. */
  track: number
}

/** A way between two stations, on one route or several. */
export interface Way {
  readonly from: string
  readonly to: string
  /** Ids, in the order of the network. */
  readonly routes: readonly string[]
  /** Leads back: it is drawn around everything. */
  readonly isBack: boolean
  /** The nodes from one end to the other; both stations alone for a way back. */
  readonly nodes: readonly Node[]
}

export interface Ranked {
  /** From left to right, each from top to bottom. */
  readonly columns: readonly (readonly Node[])[]
  readonly stations: ReadonlyMap<string, Node>
  readonly ways: readonly Way[]
}

interface Pair {
  readonly from: string
  readonly to: string
  readonly routes: string[]
}

/** Sweeps over all columns: at most so many, and so many after the last that was of use. */
const sweepsMax = 12
const uselessMax = 3

/** Gives every station a column and a track. */
export function rank(network: Network): Ranked {
  const pairs = pairsOf(network)
  const ids = network.stations.map(({ id }) => id)
  const back = waysBack(ids, pairs)
  const forth = pairs.filter((pair) => !back.has(pair))
  const columnOf = columnsOf(ids, forth)
  const stations = new Map(ids.map((id) => [id, nodeIn(id, true, columnOf.get(id) ?? 0)]))
  const columns: Node[][] = []
  const put = (node: Node): Node => {
    while (columns.length <= node.column) columns.push([])
    columns[node.column]!.push(node)
    return node
  }
  for (const node of stations.values()) put(node)
  const ways = pairs.map(({ from, to, routes }, index): Way => {
    const [first, last] = [stations.get(from)!, stations.get(to)!]
    const isBack = back.has(pairs[index]!)
    const nodes = [first]
    if (!isBack)
      for (let column = first.column + 1; column < last.column; column++)
        nodes.push(put(nodeIn(`${from} ${to} ${column}`, false, column)))
    nodes.push(last)
    if (!isBack) for (const [place, node] of nodes.entries()) if (place > 0) join(nodes[place - 1]!, node)
    return { from, to, routes, isBack, nodes }
  })
  untangle(columns)
  return { columns, stations, ways }
}

function nodeIn(id: string, isStation: boolean, column: number): Node {
  return { id, isStation, column, before: [], after: [], track: 0 }
}

function join(one: Node, next: Node): void {
  one.after.push(next)
  next.before.push(one)
}

/** Legs between the same two stations are one way. */
function pairsOf({ legs, routes }: Network): readonly Pair[] {
  const pairs = new Map<string, Pair>()
  const order = new Map(routes.map(({ id }, index) => [id, index]))
  for (const { from, to, route } of legs) {
    const key = `${from} ${to}`
    const pair = pairs.get(key) ?? { from, to, routes: [] }
    pairs.set(key, pair)
    pair.routes.push(route)
  }
  for (const { routes } of pairs.values()) routes.sort((one, other) => order.get(one)! - order.get(other)!)
  return [...pairs.values()]
}

/** Those that lead to where a walk from the first stations came from. */
function waysBack(ids: readonly string[], pairs: readonly Pair[]): ReadonlySet<Pair> {
  const leaving = Map.groupBy(pairs, ({ from }) => from)
  const entered = new Set(pairs.map(({ to }) => to))
  const back = new Set<Pair>()
  const open = new Set<string>()
  const done = new Set<string>()
  const visit = (id: string): void => {
    open.add(id)
    for (const pair of leaving.get(id) ?? [])
      if (open.has(pair.to)) back.add(pair)
      else if (!done.has(pair.to)) visit(pair.to)
    open.delete(id)
    done.add(id)
  }
  // Where nothing comes from first: a circle is then cut where it is entered.
  for (const id of [...ids.filter((id) => !entered.has(id)), ...ids]) if (!done.has(id)) visit(id)
  return back
}

/** The longest way to a station is its column; what has none before it stands right before what it leads to. */
function columnsOf(ids: readonly string[], pairs: readonly Pair[]): ReadonlyMap<string, number> {
  const leaving = Map.groupBy(pairs, ({ from }) => from)
  const missing = new Map(ids.map((id) => [id, 0]))
  for (const { to } of pairs) missing.set(to, missing.get(to)! + 1)
  const sources = ids.filter((id) => missing.get(id) === 0)
  const columns = new Map(ids.map((id) => [id, 0]))
  const ready = [...sources]
  for (const id of ready)
    for (const { to } of leaving.get(id) ?? []) {
      columns.set(to, Math.max(columns.get(to)!, columns.get(id)! + 1))
      missing.set(to, missing.get(to)! - 1)
      if (missing.get(to) === 0) ready.push(to)
    }
  for (const id of sources) {
    const next = (leaving.get(id) ?? []).map(({ to }) => columns.get(to)!)
    if (next.length > 0) columns.set(id, Math.min(...next) - 1)
  }
  return columns
}

/** Orders each column by where its neighbours stand, forth and back, then gives tracks so that ways are straight where they can be. */
function untangle(columns: Node[][]): void {
  for (const column of columns) for (const [index, node] of column.entries()) node.track = index
  let best = columns.map((column) => [...column])
  let fewest = crossings(columns)
  for (let [sweep, useless] = [0, 0]; sweep < sweepsMax && useless < uselessMax && fewest > 0; sweep++, useless++) {
    const forth = sweep % 2 === 0
    for (const column of forth ? columns : columns.toReversed()) sortByNeighbours(column, forth ? 'before' : 'after')
    const now = crossings(columns)
    if (now < fewest) [fewest, best, useless] = [now, columns.map((column) => [...column]), 0]
  }
  for (const [index, column] of best.entries()) {
    columns[index] = column
    for (const [track, node] of column.entries()) node.track = track
  }
  for (let sweep = 0; sweep < sweepsMax; sweep++) {
    const forth = sweep % 2 === 0
    for (const column of forth ? columns : columns.toReversed()) straighten(column, forth ? 'before' : 'after')
  }
  const top = Math.min(0, ...columns.flat().map(({ track }) => track))
  for (const node of columns.flat()) node.track -= top
}

const mean = (nodes: readonly Node[]): number => nodes.reduce((sum, { track }) => sum + track, 0) / nodes.length

function sortByNeighbours(column: Node[], side: 'before' | 'after'): void {
  const wanted = new Map(column.map((node) => [node, node[side].length === 0 ? node.track : mean(node[side])]))
  column.sort((one, other) => wanted.get(one)! - wanted.get(other)! || one.track - other.track)
  for (const [index, node] of column.entries()) node.track = index
}

/** Ways between two columns that cross, all columns together. */
function crossings(columns: readonly (readonly Node[])[]): number {
  return columns.reduce((sum, column) => {
    const ends = [...column]
      .sort((one, other) => one.track - other.track)
      .flatMap(({ after }) => after.map(({ track }) => track).sort((one, other) => one - other))
    return sum + inversions(ends)
  }, 0)
}

/** Pairs that stand in the wrong order, counted while merging. */
function inversions(values: number[]): number {
  if (values.length < 2) return 0
  const half = values.length >> 1
  const [left, right] = [values.slice(0, half), values.slice(half)]
  let count = inversions(left) + inversions(right)
  let [from, taken] = [0, 0]
  while (taken < values.length)
    if (from < left.length && (taken - from >= right.length || left[from]! <= right[taken - from]!)) {
      values[taken++] = left[from++]!
    } else {
      count += left.length - from
      values[taken] = right[taken - from]!
      taken++
    }
  return count
}

/**
 * Gives the nodes of a column the tracks that are nearest to those of their neighbours, in the order that they have: least squares under an order is found by
 * pooling whoever stands in the way of the one before (Ayer and others, 1955). A long way outweighs a station, so that it stays straight.
 */
function straighten(column: readonly Node[], side: 'before' | 'after'): void {
  const pools: { sum: number; weight: number; count: number }[] = []
  for (const [index, node] of column.entries()) {
    const neighbours = node[side]
    const wanted = (neighbours.length === 0 ? node.track : middleOf(neighbours)) - index
    const weight = node.isStation ? 1 : 4
    pools.push({ sum: wanted * weight, weight, count: 1 })
    while (pools.length > 1) {
      const [before, last] = [pools.at(-2)!, pools.at(-1)!]
      if (before.sum / before.weight <= last.sum / last.weight) break
      pools.pop()
      before.sum += last.sum
      before.weight += last.weight
      before.count += last.count
    }
  }
  let index = 0
  for (const { sum, weight, count } of pools)
    for (let left = count; left > 0; left--, index++) column[index]!.track = Math.round(sum / weight) + index
}

/** The track of the neighbour in the middle: unlike a mean it is one where somebody stands. */
function middleOf(nodes: readonly Node[]): number {
  const tracks = nodes.map(({ track }) => track).sort((one, other) => one - other)
  return tracks[(tracks.length - 1) >> 1]!
}
