/** Where the events of an app can go, as data, as text and as Mermaid. */
import type { AppDefinition } from '../runtime/definition.ts'
import type { StopDefinition } from '../stop/definition.ts'

/** What leads from one place to another. `line` is the next stop of a plotted line, `next` hard-wired, `target` a declared reroute or push, `emit` an event of its own. */
export interface MapEdge {
  readonly from: string
  readonly to: string
  readonly kind: 'route' | 'line' | 'next' | 'target' | 'emit' | 'from'
  /** Line or target. */
  readonly name: string | null
}

/** Names carry their kind, as `stop:archive`, because an entry and a stop may share one. */
export interface MetroMap {
  readonly app: string
  readonly entries: readonly { readonly name: string; readonly route: string; readonly from: string | null }[]
  readonly lines: readonly { readonly name: string; readonly version: string; readonly stops: readonly string[] }[]
  readonly stops: readonly { readonly name: string; readonly effects: boolean; readonly targets: readonly string[] }[]
  readonly topics: readonly string[]
  readonly edges: readonly MapEdge[]
}

/** The map of an app. */
export function mapOf(app: AppDefinition): MetroMap {
  const stops = new Map<string, StopDefinition>()
  const lines = new Map<
    string,
    { readonly name: string; readonly version: string; readonly stops: readonly string[] }
  >()
  const edges = new Map<string, MapEdge>()
  const join = (from: string, to: string, kind: MapEdge['kind'], name: string | null = null): void => {
    edges.set(`${from} ${to} ${kind} ${name ?? ''}`, { from, to, kind, name })
  }
  const addLine = (name: string, version: string, along: readonly StopDefinition[]): void => {
    lines.set(`${name} ${version}`, { name, version, stops: along.map((stop) => stop.name) })
    for (const [index, stop] of along.entries())
      if (index > 0) join(stopId(along[index - 1]!.name), stopId(stop.name), 'line', name)
  }
  for (const entry of app.entries) {
    const { router } = entry
    if (entry.from !== undefined) join(topicId(entry.from.topic.name), entryId(entry.name), 'from')
    for (const stop of router.stops) stops.set(stop.name, stop)
    for (const line of router.lines) {
      addLine(line.name, line.version, line.stops)
      const [first] = line.stops
      if (first !== undefined) join(entryId(entry.name), stopId(first.name), 'route', line.name)
    }
    // A conductor may send any event to any of its stops.
    if (router.lines.length === 0)
      for (const stop of router.stops) join(entryId(entry.name), stopId(stop.name), 'route', router.name)
  }
  for (const stop of stops.values()) {
    if (stop.next !== undefined) join(stopId(stop.name), stopId(stop.next.name), 'next')
    for (const [name, target] of stop.targets) {
      addLine(target.line, target.version, target.stops)
      const [first] = target.stops
      if (first !== undefined) join(stopId(stop.name), stopId(first.name), 'target', name)
    }
    for (const { kind, name } of stop.emits)
      join(stopId(stop.name), kind === 'entry' ? entryId(name) : topicId(name), 'emit')
  }
  return {
    app: app.name,
    entries: app.entries.map(({ name, router, from }) => ({
      name,
      route: `${router.kind} ${router.name}`,
      from: from?.topic.name ?? null,
    })),
    lines: [...lines.values()],
    stops: [...stops.values()].map(({ name, hasEffects, targets }) => ({
      name,
      effects: hasEffects,
      targets: [...targets.keys()],
    })),
    topics: [
      ...new Set([
        ...app.publishes.map(({ name }) => name),
        ...app.entries.flatMap(({ from }) => from?.topic.name ?? []),
      ]),
    ],
    edges: [...edges.values()],
  }
}

const entryId = (name: string): string => `entry:${name}`
const stopId = (name: string): string => `stop:${name}`
const topicId = (name: string): string => `topic:${name}`

/** For a terminal: entries with their lines, then what leaves them. */
export function textOf(map: MetroMap): string {
  const out = [`app ${map.app}`]
  for (const entry of map.entries) {
    out.push('', `entry ${entry.name}${entry.from === null ? '' : ` (reads topic ${entry.from})`} -> ${entry.route}`)
    const first = (name: string): boolean =>
      map.edges.some((edge) => edge.from === entryId(entry.name) && edge.name === name)
    for (const line of map.lines) if (first(line.name)) out.push(`  line ${line.name}: ${line.stops.join(' -> ')}`)
    for (const edge of map.edges)
      if (edge.from === entryId(entry.name) && !map.lines.some(({ name }) => name === edge.name))
        out.push(`  to ${bare(edge.to)}`)
  }
  const branches = map.edges.filter(({ kind }) => kind === 'target' || kind === 'next' || kind === 'emit')
  if (branches.length > 0) out.push('')
  for (const { from, to, kind, name } of branches) {
    const how = { target: `may turn to ${name}, beginning at`, next: 'goes on to', emit: 'emits to' }[
      kind as 'target' | 'next' | 'emit'
    ]
    const line = kind === 'target' ? map.lines.find((known) => known.name === name)?.stops.join(' -> ') : undefined
    out.push(`stop ${bare(from)} ${how} ${kind === 'emit' ? to.replace(':', ' ') : (line ?? bare(to))}`)
  }
  return out.join('\n')
}

const bare = (id: string): string => id.slice(id.indexOf(':') + 1)

const shapes: { readonly [kind: string]: readonly [string, string] } = {
  entry: ['([', '])'],
  stop: ['[', ']'],
  topic: ['[(', ')]'],
}

/** A Mermaid flowchart. */
export function mermaidOf(map: MetroMap): string {
  const ids = new Map<string, string>()
  const out = ['flowchart LR']
  const places = [
    ...map.topics.map(topicId),
    ...map.entries.map(({ name }) => entryId(name)),
    ...map.stops.map(({ name }) => stopId(name)),
  ]
  for (const place of places) {
    const id = `n${ids.size}`
    ids.set(place, id)
    const [open, close] = shapes[place.slice(0, place.indexOf(':'))]!
    out.push(`  ${id}${open}"${bare(place)}"${close}`)
  }
  for (const { from, to, kind, name } of map.edges) {
    const arrow = kind === 'target' || kind === 'emit' ? '-.->' : '-->'
    const label = name === null ? '' : `|${name}|`
    out.push(`  ${ids.get(from)} ${arrow}${label} ${ids.get(to)}`)
  }
  return out.join('\n')
}
