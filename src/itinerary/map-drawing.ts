/** The map of an app for people: as text for a terminal, and as a Mermaid flowchart for a page. */
import { entryPlace, stopPlace, topicPlace } from './map.ts'
import type { MapEdge, MetroMap } from './map.ts'
import { describeMatch } from './match.ts'

/** Entries with their lines and rules, then what leaves them, then what deserves a look. */
export function textOf(map: MetroMap): string {
  const out = [`app ${map.app}`]
  for (const entry of map.entries) {
    out.push(
      '',
      `entry ${entry.name}${entry.from === null ? '' : ` (reads topic ${entry.from})`} -> ${entry.route}`,
      ...routeText(map, entry),
    )
  }
  const branches = map.edges.flatMap((edge) => branchText(map, edge))
  const notes = [
    ...map.deadEnds.map((stop) => `stop ${stop} has an output that nothing takes`),
    ...map.loops.map((places) => `events can go round: ${places.map((place) => place.replace(':', ' ')).join(', ')}`),
  ]
  for (const part of [branches, notes]) if (part.length > 0) out.push('', ...part)
  return out.join('\n')
}

function routeText(map: MetroMap, entry: MetroMap['entries'][number]): readonly string[] {
  const conductor = map.conductors.find(({ name }) => entry.route === `conductor ${name}`)
  if (conductor?.rules === null) return [`  any of ${conductor.stops.join(', ')}, as its code says`]
  if (conductor !== undefined)
    return conductor.rules.map(({ after, to, ...match }) => {
      const when = describeMatch(match)
      return `  after ${after}${when === null ? '' : `, when ${when}`}: ${to ?? 'the end'}`
    })
  const routes = new Set(
    map.edges.filter(({ from, kind }) => from === entryPlace(entry.name) && kind === 'route').map(({ name }) => name),
  )
  return map.lines
    .filter(({ name }) => routes.has(name))
    .map(({ name, stops }) => `  line ${name}: ${stops.join(' -> ')}`)
}

function branchText(map: MetroMap, { from, to, kind, name }: MapEdge): readonly string[] {
  const stop = `stop ${bare(from)}`
  switch (kind) {
    case 'target': {
      const line = map.lines.find(({ name: known, stops }) => known === name && stopPlace(stops[0] ?? '') === to)
      return [
        `${stop} may turn to ${name}${line === undefined ? `, beginning at ${bare(to)}` : `: ${line.stops.join(' -> ')}`}`,
      ]
    }
    case 'next':
      return [`${stop} goes on to ${bare(to)}`]
    case 'emit':
      return [`${stop} emits to ${to.replace(':', ' ')}`]
    default:
      return []
  }
}

const bare = (place: string): string => place.slice(place.indexOf(':') + 1)

const shapes: Readonly<Record<string, readonly [string, string]>> = {
  entry: ['([', '])'],
  stop: ['[', ']'],
  topic: ['[(', ')]'],
}

/** A Mermaid flowchart of one app or of several: what always happens is drawn through, what may happen is dotted. Topics stand between the apps. */
export function mermaidOf(maps: readonly MetroMap[]): string {
  const ids = new Map<string, string>()
  const out = ['flowchart LR']
  const draw = (indent: string, label: string, place: string): void => {
    const id = `n${ids.size}`
    ids.set(label, id)
    const [open = '', close = ''] = shapes[place.slice(0, place.indexOf(':'))] ?? []
    out.push(`${indent}${id}${open}"${bare(place)}"${close}`)
  }
  for (const topic of new Set(maps.flatMap(({ topics }) => topics))) draw('  ', topicPlace(topic), topicPlace(topic))
  for (const map of maps) {
    const places = [...map.entries.map(({ name }) => entryPlace(name)), ...map.stops.map(({ name }) => stopPlace(name))]
    if (maps.length > 1) out.push(`  subgraph ${map.app}`)
    for (const place of places) draw(maps.length > 1 ? '    ' : '  ', placeIn(map, place), place)
    if (maps.length > 1) out.push('  end')
  }
  for (const map of maps)
    for (const { from, to, kind, name } of map.edges) {
      const arrow = kind === 'target' || kind === 'emit' ? '-.->' : '-->'
      const label = name === null ? '' : `|"${quoted(name)}"|`
      out.push(`  ${ids.get(placeIn(map, from))} ${arrow}${label} ${ids.get(placeIn(map, to))}`)
    }
  return out.join('\n')
}

/** Entries and stops are an app's own; a topic is one for all. */
const placeIn = ({ app }: MetroMap, place: string): string => (place.startsWith('topic:') ? place : `${app} ${place}`)

/** Mermaid takes a label in quotes as it is, all but quotes. */
function quoted(label: string): string {
  return label.replaceAll('"', "'")
}
