/**
 * The map of a system as a picture, in SVG: each app is a box with a line for every way through it, topics stand between the apps, and everything goes from left to
 * right. A way that leads back goes below, one that passes others by goes above.
 */
import { entryPlace, stopPlace, topicPlace } from '../itinerary/map.ts'
import type { MetroMap } from '../itinerary/map.ts'

/** Told apart also by those who see fewer colours. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b8860b', '#56b4e9', '#7a4fbf', '#8c510a']
const grey = '#555555'

/** Of a wide font at this size: a picture must not depend on which one is there. */
const charWidth = 7.8
const rowHeight = 30
const headHeight = 34
const gapX = 46
const gapY = 26
const margin = 24
const stationGap = 34
const pillHeight = 30
/** Between two ways that go above, or below. */
const laneGap = 14

/** A way through an app: where it begins, and its stops. */
interface Way {
  readonly label: string
  readonly topic: string | undefined
  readonly stops: readonly string[]
  /** Entries of the app itself that its stops emit to. */
  readonly again: readonly string[]
}

interface Box {
  readonly id: string
  readonly name: string
  readonly ways: readonly Way[]
  readonly colour: string
  readonly width: number
  readonly height: number
  layer: number
  x: number
  y: number
}

interface Arrow {
  readonly from: Box
  readonly to: Box
  /** The way of `to` that it feeds. */
  readonly row: number
}

/** Draws one app, or several with the topics between them. */
export function svgOf(maps: readonly MetroMap[]): string {
  const boxes = boxesOf(maps)
  const arrows = arrowsOf(maps, boxes)
  const isBack = layersOf(boxes, arrows)
  const above = arrows.filter((arrow) => !isBack(arrow) && arrow.to.layer - arrow.from.layer > 1)
  const below = arrows.filter(isBack)
  place([...boxes.values()], margin + above.length * laneGap)
  const all = [...boxes.values()]
  const bottom = Math.max(...all.map(({ y, height }) => y + height))
  const width = Math.max(...all.map(({ x, width }) => x + width)) + margin
  const height = bottom + margin + below.length * laneGap
  const paths = arrows.map((arrow) => {
    const [up, down] = [above.indexOf(arrow), below.indexOf(arrow)]
    if (up >= 0) return around(arrow, margin + up * laneGap, up)
    return down >= 0 ? around(arrow, bottom + (down + 1) * laneGap, down) : straight(arrow)
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="Helvetica, Arial, sans-serif" font-size="13">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...paths,
    ...all.map((box) => (box.ways.length > 0 ? appOf(box) : pillOf(box))),
    '</svg>',
  ].join('\n')
}

const widthOf = (text: string): number => text.length * charWidth

function boxesOf(maps: readonly MetroMap[]): ReadonlyMap<string, Box> {
  const boxes = new Map<string, Box>()
  const owners = new Map<string, string>()
  for (const [index, map] of maps.entries()) {
    const colour = colours[index % colours.length]!
    const ways = waysOf(map)
    const lengths = ways.map(({ label, stops, again }) =>
      [label, ...stops].reduce((sum, text) => sum + widthOf(text) + stationGap, againText(again).length * charWidth),
    )
    const width = Math.max(widthOf(map.app) + 40, ...lengths) + 24
    const height = headHeight + ways.length * rowHeight + 8
    boxes.set(map.app, { id: map.app, name: map.app, ways, colour, width, height, layer: 0, x: 0, y: 0 })
    for (const { from, to, kind } of map.edges)
      if (kind === 'emit' && to.startsWith('topic:') && from.startsWith('stop:')) owners.set(to, colour)
  }
  for (const topic of new Set(maps.flatMap(({ topics }) => topics))) {
    const id = topicPlace(topic)
    const colour = owners.get(id) ?? grey
    boxes.set(id, {
      id,
      name: topic,
      ways: [],
      colour,
      width: widthOf(topic) + 32,
      height: pillHeight,
      layer: 0,
      x: 0,
      y: 0,
    })
  }
  return boxes
}

/** One for each line that an entry may take, and for each that a stop may turn to. */
function waysOf(map: MetroMap): readonly Way[] {
  const again = (stops: readonly string[]): readonly string[] =>
    map.edges.flatMap(({ from, to, kind }) =>
      kind === 'emit' && to.startsWith('entry:') && stops.some((stop) => from === stopPlace(stop)) ? [bare(to)] : [],
    )
  const way = (label: string, topic: string | undefined, stops: readonly string[]): Way => ({
    label,
    topic,
    stops,
    again: [...new Set(again(stops))],
  })
  const entered = map.entries.flatMap(({ name, route, from }) => {
    const conductor = map.conductors.find((one) => route === `conductor ${one.name}`)
    if (conductor !== undefined) return [way(name, from ?? undefined, conductor.stops)]
    const lines = map.edges.filter((edge) => edge.from === entryPlace(name) && edge.kind === 'route')
    return lines.map((edge) => {
      const line = map.lines.find((one) => one.name === edge.name && stopPlace(one.stops[0] ?? '') === edge.to)
      return way(name, from ?? undefined, line?.stops ?? [bare(edge.to)])
    })
  })
  const turned = map.edges.flatMap(({ from, to, kind, name }) => {
    if (kind !== 'target') return []
    const line = map.lines.find((one) => one.name === name && stopPlace(one.stops[0] ?? '') === to)
    return [way(`${bare(from)} may turn to`, undefined, line?.stops ?? [bare(to)])]
  })
  return [...entered, ...turned]
}

function arrowsOf(maps: readonly MetroMap[], boxes: ReadonlyMap<string, Box>): readonly Arrow[] {
  return maps.flatMap((map) => {
    const app = boxes.get(map.app)!
    const told = new Set(map.edges.flatMap(({ to, kind }) => (kind === 'emit' && to.startsWith('topic:') ? [to] : [])))
    const reads = app.ways.flatMap(({ topic }, row) =>
      topic === undefined ? [] : [{ from: boxes.get(topicPlace(topic))!, to: app, row }],
    )
    return [...[...told].map((topic) => ({ from: app, to: boxes.get(topic)!, row: 0 })), ...reads]
  })
}

/** Each box gets the layer behind all that lead to it; answers which arrows lead back, and so do not count. */
function layersOf(boxes: ReadonlyMap<string, Box>, arrows: readonly Arrow[]): (arrow: Arrow) => boolean {
  const back = new Set<Arrow>()
  const open = new Set<Box>()
  const done = new Set<Box>()
  const order: Box[] = []
  const visit = (box: Box): void => {
    open.add(box)
    for (const arrow of arrows) {
      if (arrow.from !== box) continue
      if (open.has(arrow.to)) back.add(arrow)
      else if (!done.has(arrow.to)) visit(arrow.to)
    }
    open.delete(box)
    done.add(box)
    order.unshift(box)
  }
  for (const box of boxes.values()) if (!done.has(box)) visit(box)
  for (const box of order)
    for (const arrow of arrows)
      if (arrow.from === box && !back.has(arrow)) arrow.to.layer = Math.max(arrow.to.layer, box.layer + 1)
  return (arrow) => back.has(arrow)
}

/** Layers from left to right, each centred on the highest. */
function place(boxes: readonly Box[], top: number): void {
  const layers = [...Map.groupBy(boxes, ({ layer }) => layer)].toSorted(([one], [other]) => one - other)
  const heightOf = (column: readonly Box[]): number => column.reduce((sum, { height }) => sum + height + gapY, -gapY)
  const most = Math.max(...layers.map(([, column]) => heightOf(column)))
  let x = margin
  for (const [, column] of layers) {
    let y = top + (most - heightOf(column)) / 2
    const width = Math.max(...column.map((box) => box.width))
    for (const box of column) {
      box.x = x + (width - box.width) / 2
      box.y = y
      y += box.height + gapY
    }
    x += width + gapX
  }
}

const rowY = ({ y, ways, height }: Box, row: number): number =>
  ways.length === 0 ? y + height / 2 : y + headHeight + row * rowHeight + rowHeight / 2

function straight({ from, to, row }: Arrow): string {
  const [x, y] = [from.x + from.width, from.y + from.height / 2]
  const [endX, endY] = [to.x, rowY(to, row)]
  const bend = Math.max(18, (endX - x) / 2)
  return `${stroke(`M${x} ${y} C${x + bend} ${y} ${endX - bend} ${endY} ${endX - 7} ${endY}`, from, to)}${head(endX, endY, from, to)}`
}

/** Over or under everything else: out to the right, up or down, along, and in from the left. */
function around({ from, to, row }: Arrow, laneY: number, lane: number): string {
  const [x, y] = [from.x + from.width, from.y + from.height / 2]
  const [endX, endY] = [to.x, rowY(to, row)]
  const outX = x + 10 + lane * 5
  const turnX = endX - 18 - row * 4
  const path = `M${x} ${y} L${outX} ${y} L${outX} ${laneY} L${turnX} ${laneY} L${turnX} ${endY} L${endX - 7} ${endY}`
  return `${stroke(path, from, to)}${head(endX, endY, from, to)}`
}

/** In the colour of the app that publishes. */
const colourOf = (from: Box, to: Box): string => (from.ways.length > 0 ? from : from.colour === grey ? to : from).colour

const stroke = (path: string, from: Box, to: Box): string =>
  `<path d="${path}" fill="none" stroke="${colourOf(from, to)}" stroke-width="2" stroke-linejoin="round"/>`

const head = (x: number, y: number, from: Box, to: Box): string =>
  `<path d="M${x} ${y} L${x - 9} ${y - 5} L${x - 9} ${y + 5} Z" fill="${colourOf(from, to)}"/>`

const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${x}" y="${y}"${more}>${escaped(words)}</text>`

function pillOf({ x, y, width, height, name, colour }: Box): string {
  const shape = `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${height / 2}" fill="#ffffff" stroke="${colour}" stroke-width="2"/>`
  return shape + text(x + width / 2, y + height / 2 + 4, name, ' text-anchor="middle"')
}

function appOf(box: Box): string {
  const { x, y, width, height, name, colour, ways } = box
  return [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="#f7f7f7" stroke="${colour}" stroke-width="1.5"/>`,
    text(x + 14, y + 22, name, ` font-weight="bold" font-size="15" fill="${colour}"`),
    ...ways.map((way, row) => wayOf(way, x + 14, rowY(box, row), colour)),
  ].join('\n')
}

/** A piece of metro line: the entry, and a station for each stop. */
function wayOf({ label, stops, again }: Way, left: number, y: number, colour: string): string {
  const parts = [text(left, y + 4, label, ` fill="${grey}"`)]
  let x = left + widthOf(label)
  for (const stop of stops) {
    const station = x + stationGap - 14
    parts.push(`<line x1="${x + 4}" y1="${y}" x2="${station}" y2="${y}" stroke="${colour}" stroke-width="4"/>`)
    parts.push(`<circle cx="${station}" cy="${y}" r="6" fill="#ffffff" stroke="${colour}" stroke-width="3"/>`)
    parts.push(text(station + 11, y + 4, stop))
    x = station + 14 + widthOf(stop)
  }
  if (again.length > 0) parts.push(text(x + 6, y + 4, againText(again), ` fill="${grey}" font-style="italic"`))
  return parts.join('\n')
}

const againText = (again: readonly string[]): string => (again.length === 0 ? '' : `and ${again.join(', ')}`)

const bare = (place: string): string => place.slice(place.indexOf(':') + 1)

const escaped = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
