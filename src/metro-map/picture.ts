/** A layout as SVG, for a file of its own with styles and a legend: nothing in it is written as code of a page, and names are text. */
import { colours, coloursOf } from './colours.ts'
import type { Layout, PlacedLeg, PlacedStation } from './layout.ts'
import { shortName } from './layout.ts'
import { tenth } from './rounded.ts'

const styles = [
  'text{font:13px Helvetica,Arial,sans-serif;fill:#222}',
  '.leg{fill:none;stroke-width:4;stroke-linecap:round;stroke-linejoin:round;stroke:#777}',
  '.told{stroke-width:2;stroke-dasharray:1 5;stroke:#777}',
  '.sign{fill:#fff;stroke:#222;stroke-width:2.5}',
  '.entry .sign{fill:#222}',
  '.topic .sign{stroke:#777;stroke-width:1.5}',
  '.app{fill:#777}',
  ...colours.map((colour, index) => `.c${index}{stroke:${colour}}rect.c${index}{fill:${colour}}`),
  '@media(prefers-color-scheme:dark){text{fill:#e6e6e6}.sign{fill:#111;stroke:#e6e6e6}.entry .sign{fill:#e6e6e6}.app{fill:#999}}',
].join('')

const legendRow = 22

/** Draws a layout. Stations and legs carry their ids as `data-id`, `data-from`, `data-to` and `data-route`. */
export function pictureOf(layout: Layout): string {
  const given = coloursOf(layout.routes)
  const shown = layout.routes.filter(({ kind }) => kind !== 'told')
  const apps = new Set(layout.stations.flatMap(({ app }) => app ?? []))
  const names = shown.map(({ app, name }) => (apps.size > 1 ? `${app}: ${name}` : name))
  const width = Math.ceil(Math.max(layout.width, 70 + Math.max(0, ...names.map(({ length }) => length)) * 7.4))
  const height = Math.ceil(layout.height + shown.length * legendRow)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(labelOf(layout, apps))}">`,
    `<style>${styles}</style>`,
    ...layout.legs.toSorted((one, other) => rankOf(one, given) - rankOf(other, given)).map((leg) => legOf(leg, given)),
    ...layout.stations.map((station) => stationOf(station, apps.size > 1)),
    ...shown.map(({ id }, index) => legendOf(names[index]!, given.get(id), layout.height + index * legendRow)),
    '</svg>',
  ].join('\n')
}

function labelOf({ stations, routes }: Layout, apps: ReadonlySet<string>): string {
  const stops = stations.filter(({ kind }) => kind === 'stop').length
  const lines = routes.filter(({ kind }) => kind !== 'told').length
  return `map of ${[...apps].join(', ')}: ${stops} stops, ${lines} lines`
}

/** What apps tell each other lies under the lines. */
const rankOf = ({ route }: PlacedLeg, given: ReadonlyMap<string, number>): number => (given.has(route) ? 1 : 0)

function legOf({ from, to, route, path }: PlacedLeg, given: ReadonlyMap<string, number>): string {
  const colour = given.get(route)
  const kind = colour === undefined ? 'told' : `c${colour}`
  return `<path class="leg ${kind}" d="${path}" data-from="${escaped(from)}" data-to="${escaped(to)}" data-route="${escaped(route)}"/>`
}

/** In a system an entry says whose it is; a stop stands on a line that does. */
function stationOf({ id, kind, name, app, x, y, width, height }: PlacedStation, isSystem: boolean): string {
  const [left, top] = [x - width / 2, y - height / 2]
  const title = `<title>${escaped(app === null ? `topic ${name}` : `${kind} ${name} of ${app}`)}</title>`
  const radius = Math.min(width, height) / 2
  const sign = `<rect class="sign" x="${tenth(left)}" y="${tenth(top)}" width="${tenth(width)}" height="${tenth(height)}" rx="${kind === 'entry' ? 2 : radius}"/>`
  const labelY = kind === 'topic' ? y + 4 : top - 7
  const label = `<text x="${tenth(x)}" y="${tenth(labelY)}" text-anchor="middle">${escaped(shortName(name))}</text>`
  const whose =
    isSystem && kind === 'entry'
      ? `<text class="app" x="${tenth(x)}" y="${tenth(y + height / 2 + 15)}" text-anchor="middle">${escaped(shortName(app ?? ''))}</text>`
      : ''
  return `<g class="station ${kind}" data-id="${escaped(id)}">${title}${sign}${label}${whose}</g>`
}

function legendOf(name: string, colour: number | undefined, y: number): string {
  return `<rect class="c${colour}" x="28" y="${tenth(y - 4)}" width="26" height="4" rx="2"/><text x="64" y="${tenth(y + 2)}">${escaped(name)}</text>`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => entities[character]!)
