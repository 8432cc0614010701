/**
 * Where everything of a map stands, and how its lines run: columns from left to right, in rows like the lines of a text when there are many; level, and at 45 degrees or
 * upright between two columns. The same network always gets the same layout, and names stand where no line runs.
 */
import type { Network, Route, Station } from './network.ts'
import { rank } from './ranks.ts'
import type { Node, Ranked, Way } from './ranks.ts'
import { rounded } from './rounded.ts'
import type { Point } from './rounded.ts'

/** A station with its place: the middle of its sign, and how high the lines there make it. */
export interface PlacedStation extends Station, Point {
  readonly width: number
  readonly height: number
}

/** A leg with its path, as SVG writes it. */
export interface PlacedLeg {
  readonly from: string
  readonly to: string
  readonly route: string
  readonly path: string
  /** It leads back to where events have been. */
  readonly isBack: boolean
}

export interface Layout {
  readonly width: number
  readonly height: number
  readonly stations: readonly PlacedStation[]
  readonly legs: readonly PlacedLeg[]
  readonly routes: readonly Route[]
}

export interface LayoutOptions {
  /** Columns in a row, before the next one begins below. Default: 16. */
  readonly columnsMax?: number
}

/** Of a wide font at 13 pixels: a picture must not depend on which one is there. */
const charWidth = 7.4
const margin = 28
/** Between two routes that run side by side. */
export const routeGap = 5
const trackGapMin = 54
const stationSize = 14
const topicHeight = 24
/** Between two rows, and for each way that runs there. */
const rowGap = 34
const laneGap = 12
const gapMin = 34
/** As long as a way may run at 45 degrees; a longer one runs upright. */
const slantMax = 2 * trackGapMin

/** Names are cut, so that one of 200 characters does not push all others apart; the whole is in the title. */
const nameMax = 26
export const shortName = (name: string): string => (name.length > nameMax ? `${name.slice(0, nameMax - 1)}…` : name)

/** Lays a network out. */
export function layOut(network: Network, { columnsMax = 16 }: LayoutOptions = {}): Layout {
  const ranked = rank(network)
  return new Drawing(network, ranked, columnsMax).layout()
}

interface Column {
  readonly row: number
  readonly width: number
  /** The middle, and the space before it. */
  x: number
  gap: number
}

interface Row {
  readonly columns: readonly (readonly Node[])[]
  /** Ways in the space below, each with a lane of its own. */
  lanes: number
  readonly firstTrack: number
  readonly lastTrack: number
  y: number
}

/** Where a way runs below a row. */
interface Lane {
  readonly number: number
  readonly y: number
}

class Drawing {
  readonly #network: Network
  readonly #ranked: Ranked
  readonly #columns: Column[] = []
  readonly #rows: Row[] = []
  readonly #widths: ReadonlyMap<string, number>
  readonly #trackGap: number
  /** What runs upright in the space before a column, so that no two do at one place. */
  readonly #uprights: number[] = []
  readonly #uprightsUsed: number[] = []
  /** Ways back to a row above, which climb beside all of them. */
  #climbs = 0
  #climbsUsed = 0

  constructor(network: Network, ranked: Ranked, columnsMax: number) {
    this.#network = network
    this.#ranked = ranked
    this.#widths = new Map(network.stations.map((station) => [station.id, widthOf(station)]))
    const most = Math.max(1, ...ranked.ways.map(({ routes }) => routes.length))
    this.#trackGap = Math.max(trackGapMin, trackGapMin - routeGap + most * routeGap)
    this.#makeRows(columnsMax)
    this.#placeColumns()
    this.#placeRows()
  }

  layout(): Layout {
    const lanes = this.#rows.map(() => 0)
    const legs = this.#ranked.ways.flatMap((way) => this.#legsOf(way, lanes))
    const width = Math.max(...this.#columns.map(({ x, width, row }) => x + width / 2 + this.#rows[row]!.lanes * 4), 0)
    const last = this.#rows.at(-1)
    const height = last === undefined ? 0 : this.#bottomOf(last) + last.lanes * laneGap
    const most = new Map<string, number>()
    for (const { from, to, routes } of this.#ranked.ways)
      for (const id of [from, to]) most.set(id, Math.max(routes.length, most.get(id) ?? 1))
    const stations = this.#network.stations.map((station): PlacedStation => {
      const node = this.#ranked.stations.get(station.id)!
      const height = station.kind === 'topic' ? topicHeight : stationSize
      return {
        ...station,
        ...this.#pointOf(node),
        width: station.kind === 'topic' ? this.#widths.get(station.id)! : stationSize,
        height: height + ((most.get(station.id) ?? 1) - 1) * routeGap,
      }
    })
    return { width: width + margin, height: height + margin, stations, legs, routes: this.#network.routes }
  }

  /** Cuts the columns into rows, and counts what has to run around: ways back, and ways to the next row. */
  #makeRows(columnsMax: number): void {
    const { columns, ways } = this.#ranked
    for (let from = 0; from < columns.length; from += columnsMax) {
      const part = columns.slice(from, from + columnsMax)
      const tracks = part.flat().map(({ track }) => track)
      this.#rows.push({
        columns: part,
        lanes: 0,
        firstTrack: Math.min(...tracks),
        lastTrack: Math.max(...tracks),
        y: 0,
      })
      for (const column of part) {
        const width = Math.max(...column.map(({ id }) => this.#widths.get(id) ?? 0), 0) + 16
        this.#columns.push({ row: this.#rows.length - 1, width, x: 0, gap: 0 })
      }
    }
    for (const { nodes, isBack } of ways)
      for (const [place, node] of nodes.entries()) {
        const next = nodes[place + 1]
        if (next === undefined) continue
        const [row, nextRow] = [this.#rowOf(node), this.#rowOf(next)]
        if (isBack || row !== nextRow) {
          row.lanes++
          if (isBack && row !== nextRow) {
            nextRow.lanes++
            this.#climbs++
          }
        } else if (Math.abs(next.track - node.track) * this.#trackGap > slantMax)
          this.#uprights[next.column] = (this.#uprights[next.column] ?? 0) + 1
      }
  }

  #placeColumns(): void {
    const widest = (Math.max(0, ...this.#rows.map(({ lanes }) => lanes)) + this.#climbs) * 4
    for (const [index, column] of this.#columns.entries()) {
      const before = this.#columns[index - 1]
      const isFirst = before === undefined || before.row !== column.row
      column.gap = isFirst ? margin + widest : this.#gapBefore(index)
      column.x = (isFirst ? 0 : before.x + before.width / 2) + column.gap + column.width / 2
    }
  }

  /** The space between two columns holds what climbs from one track to another. */
  #gapBefore(index: number): number {
    const slants = this.#ranked.columns[index]!.flatMap((node) =>
      node.before.map(({ track }) => Math.abs(track - node.track) * this.#trackGap),
    ).filter((height) => height <= slantMax)
    return Math.max(gapMin, ...slants.map((height) => height + 12), 30 + (this.#uprights[index] ?? 0) * 8)
  }

  #placeRows(): void {
    let y = margin
    for (const row of this.#rows) {
      // Above the first track stands a name.
      row.y = y + 26
      y = this.#bottomOf(row) + row.lanes * laneGap + rowGap
    }
  }

  #bottomOf(row: Row): number {
    return row.y + (row.lastTrack - row.firstTrack) * this.#trackGap + 20
  }

  #rowOf(node: Node): Row {
    return this.#rows[this.#columns[node.column]!.row]!
  }

  #pointOf(node: Node): Point {
    const row = this.#rowOf(node)
    return { x: this.#columns[node.column]!.x, y: row.y + (node.track - row.firstTrack) * this.#trackGap }
  }

  /** One leg for each route of a way, side by side. */
  #legsOf({ from, to, routes, nodes, isBack }: Way, lanes: number[]): readonly PlacedLeg[] {
    const pieces = nodes.slice(1).map((node, index) => this.#piece(nodes[index]!, node, isBack, lanes))
    return routes.map((route, index) => {
      const shift = (index - (routes.length - 1) / 2) * routeGap
      return { from, to, route, isBack, path: rounded(pieces.flatMap((piece) => piece(shift))) }
    })
  }

  /** The way from one node to the next, for a route that runs so far beside the middle. */
  #piece(from: Node, to: Node, isBack: boolean, lanes: number[]): (shift: number) => readonly Point[] {
    const [row, nextRow] = [this.#rowOf(from), this.#rowOf(to)]
    if (isBack && row !== nextRow) return this.#climbing(from, to, lanes)
    if (isBack || row !== nextRow) return this.#around(from, to, this.#laneBelow(row, lanes))
    const [start, end] = [this.#pointOf(from), this.#pointOf(to)]
    const rise = end.y - start.y
    if (rise === 0) return (shift) => [moved(start, 0, shift), moved(end, 0, shift)]
    const { x: middle, width, gap } = this.#columns[to.column]!
    const left = middle - width / 2 - gap
    const down = Math.sign(rise)
    if (Math.abs(rise) <= slantMax) {
      const bend = left + (gap - Math.abs(rise)) / 2
      return (shift) => {
        // So that routes at 45 degrees keep their distance.
        const aside = -shift * down * 0.414
        return [
          moved(start, 0, shift),
          { x: bend + aside, y: start.y + shift },
          { x: bend + Math.abs(rise) + aside, y: end.y + shift },
          moved(end, 0, shift),
        ]
      }
    }
    const used = (this.#uprightsUsed[to.column] = (this.#uprightsUsed[to.column] ?? 0) + 1)
    const x = left + 12 + used * 8
    return (shift) => [
      moved(start, 0, shift),
      { x: x - shift * down, y: start.y + shift },
      { x: x - shift * down, y: end.y + shift },
      moved(end, 0, shift),
    ]
  }

  #laneBelow(row: Row, lanes: number[]): Lane {
    const number = lanes[this.#rows.indexOf(row)]!++
    return { number, y: this.#bottomOf(row) + (number + 1) * laneGap - 4 }
  }

  /** Out to the right, down to a lane of its own, along, and in from the left. */
  #around(from: Node, to: Node, lane: Lane): (shift: number) => readonly Point[] {
    const [start, end] = [this.#pointOf(from), this.#pointOf(to)]
    const [outX, intoX] = [this.#rightOf(from, lane), this.#leftOf(to, lane)]
    return (shift) => [
      moved(start, 0, shift),
      { x: outX - shift, y: start.y + shift },
      { x: outX - shift, y: lane.y - shift },
      { x: intoX + shift, y: lane.y - shift },
      { x: intoX + shift, y: end.y + shift },
      moved(end, 0, shift),
    ]
  }

  /** As `#around`, and up beside the rows between, so that it runs through none of them. */
  #climbing(from: Node, to: Node, lanes: number[]): (shift: number) => readonly Point[] {
    const [start, end] = [this.#pointOf(from), this.#pointOf(to)]
    const [lane, upper] = [this.#laneBelow(this.#rowOf(from), lanes), this.#laneBelow(this.#rowOf(to), lanes)]
    const [outX, intoX] = [this.#rightOf(from, lane), this.#leftOf(to, upper)]
    const climbX = 10 + this.#climbsUsed++ * 4
    return (shift) => [
      moved(start, 0, shift),
      { x: outX - shift, y: start.y + shift },
      { x: outX - shift, y: lane.y - shift },
      { x: climbX + shift, y: lane.y - shift },
      { x: climbX + shift, y: upper.y + shift },
      { x: intoX - shift, y: upper.y + shift },
      { x: intoX - shift, y: end.y + shift },
      moved(end, 0, shift),
    ]
  }

  /** Where a way turns down behind a node, within the space that is there. */
  #rightOf(node: Node, { number }: Lane): number {
    const [column, behind] = [this.#columns[node.column]!, this.#columns[node.column + 1]]
    const room = behind === undefined || behind.row !== column.row ? Infinity : behind.gap
    return column.x + column.width / 2 + asideIn(room, number)
  }

  /** Where a way comes up or down before a node. */
  #leftOf(node: Node, { number }: Lane): number {
    const { x, width, gap } = this.#columns[node.column]!
    return x - width / 2 - asideIn(gap, number)
  }
}

function widthOf({ kind, name }: Station): number {
  return shortName(name).length * charWidth + (kind === 'topic' ? 24 : 0)
}

/** Lanes turn beside each other where there is room, and in turn where there is less. */
const asideIn = (room: number, lane: number): number => 6 + ((lane * 4) % Math.max(4, room - 12))

const moved = ({ x, y }: Point, right: number, down: number): Point => ({ x: x + right, y: y + down })
