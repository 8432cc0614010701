/** The map of an app as data: every place where events can be, and every way between two of them. Nothing runs to draw it, for routers declare where they lead. */
import type { StopDefinition } from '../stop/definition.ts'
import type { ConductorRule } from './conductor.ts'
import { describeMatch } from './match.ts'
import type { Router } from './router.ts'

/** What of an app is drawn. */
export interface Mapped {
  readonly name: string
  readonly entries: readonly {
    readonly name: string
    readonly router: Router & { readonly rules?: readonly ConductorRule[] | undefined }
    readonly from: { readonly topic: { readonly name: string } } | undefined
  }[]
  readonly publishes: readonly { readonly name: string }[]
}

/**
 * A way from one place to another: `route` to the first stop, `line` to the next of a plotted line, `next` hard-wired, `rule` of a conductor, `target` of a reroute or push,
 * `emit` of an event of its own, `from` a topic to the entry that reads it.
 */
export interface MapEdge {
  readonly from: string
  readonly to: string
  readonly kind: 'route' | 'line' | 'next' | 'rule' | 'target' | 'emit' | 'from'
  /** The line, the target, or the condition of a rule. */
  readonly name: string | null
}

/** Places carry their kind, as `stop:archive`, because an entry and a stop may share a name. */
export interface MetroMap {
  readonly app: string
  readonly entries: readonly { readonly name: string; readonly route: string; readonly from: string | null }[]
  readonly lines: readonly { readonly name: string; readonly version: string; readonly stops: readonly string[] }[]
  readonly stops: readonly { readonly name: string; readonly effects: boolean; readonly targets: readonly string[] }[]
  /** Their stops, and their table; null for a conductor of code, which may send any event to any of its stops. */
  readonly conductors: readonly {
    readonly name: string
    readonly stops: readonly string[]
    readonly rules: readonly ConductorRule[] | null
  }[]
  readonly topics: readonly string[]
  readonly edges: readonly MapEdge[]
  /** Stops with an output that nothing takes. */
  readonly deadEnds: readonly string[]
  /** Places from which events can come back to where they were; the hop limit ends such rides, unless the stops do. */
  readonly loops: readonly (readonly string[])[]
}

/** Draws the map of an app. */
export function mapOf(app: Mapped): MetroMap {
  const edges = new Edges()
  const stops = new Set(app.entries.flatMap(({ router }) => router.stops))
  const lines = linesOf(app, stops)
  for (const { name, router, from } of app.entries) {
    if (from !== undefined) edges.add(topicPlace(from.topic.name), entryPlace(name), 'from')
    if (router.kind === 'conductor')
      addConductor(edges, name, router.name, router.lines[0]?.stops ?? router.stops, router.rules)
    else
      for (const line of router.lines)
        edges.add(entryPlace(name), stopPlace(line.stops[0]?.name ?? ''), 'route', line.name)
  }
  for (const { name, stops } of lines)
    for (const [index, stop] of stops.entries()) {
      const before = stops[index - 1]
      if (before !== undefined && before.next !== stop)
        edges.add(stopPlace(before.name), stopPlace(stop.name), 'line', name)
    }
  for (const stop of stops) addStop(edges, stop)
  return {
    app: app.name,
    entries: app.entries.map(({ name, router, from }) => ({
      name,
      route: `${router.kind} ${router.name}`,
      from: from?.topic.name ?? null,
    })),
    lines: lines.map(({ name, version, stops }) => ({ name, version, stops: stops.map((stop) => stop.name) })),
    stops: [...stops].map(({ name, hasEffects, targets }) => ({
      name,
      effects: hasEffects,
      targets: [...targets.keys()],
    })),
    conductors: conductorsOf(app),
    topics: [
      ...new Set([
        ...app.publishes.map(({ name }) => name),
        ...app.entries.flatMap(({ from }) => from?.topic.name ?? []),
      ]),
    ],
    edges: edges.list,
    deadEnds: deadEndsOf(app, stops, lines, edges.list),
    loops: loopsOf(edges.list),
  }
}

export const entryPlace = (name: string): string => `entry:${name}`
export const stopPlace = (name: string): string => `stop:${name}`
export const topicPlace = (name: string): string => `topic:${name}`

interface MappedLine {
  readonly name: string
  readonly version: string
  readonly stops: readonly StopDefinition[]
}

/** Every way once. */
class Edges {
  readonly #edges: Map<string, MapEdge> = new Map()

  add(from: string, to: string, kind: MapEdge['kind'], name: string | null = null): void {
    this.#edges.set(`${from} ${to} ${kind} ${name ?? ''}`, { from, to, kind, name })
  }

  get list(): readonly MapEdge[] {
    return [...this.#edges.values()]
  }
}

/** The lines that are plotted, and those that stops may turn to. */
function linesOf(app: Mapped, stops: Iterable<StopDefinition>): readonly MappedLine[] {
  const lines = new Map<string, MappedLine>()
  for (const { router } of app.entries)
    if (router.kind !== 'conductor') for (const line of router.lines) lines.set(`${line.name}|${line.version}`, line)
  for (const { targets } of stops)
    for (const { line, version, stops } of targets.values())
      lines.set(`${line}|${version}`, { name: line, version, stops })
  return [...lines.values()]
}

function addConductor(
  edges: Edges,
  entry: string,
  name: string,
  stops: readonly StopDefinition[],
  rules: readonly ConductorRule[] | undefined,
): void {
  if (rules === undefined) for (const stop of stops) edges.add(entryPlace(entry), stopPlace(stop.name), 'route', name)
  for (const { after, to, ...match } of rules ?? [])
    if (to !== null)
      edges.add(after === 'entry' ? entryPlace(entry) : stopPlace(after), stopPlace(to), 'rule', describeMatch(match))
}

function addStop(edges: Edges, { name, next, targets, emits }: StopDefinition): void {
  if (next !== undefined) edges.add(stopPlace(name), stopPlace(next.name), 'next')
  for (const [target, { stops }] of targets)
    edges.add(stopPlace(name), stopPlace(stops[0]?.name ?? ''), 'target', target)
  for (const { kind, name: to } of emits)
    edges.add(stopPlace(name), kind === 'entry' ? entryPlace(to) : topicPlace(to), 'emit')
}

function conductorsOf(app: Mapped): MetroMap['conductors'] {
  const routers = new Set(app.entries.map(({ router }) => router).filter(({ kind }) => kind === 'conductor'))
  return [...routers].map(({ name, stops, rules }) => ({
    name,
    stops: stops.map((stop) => stop.name),
    rules: rules ?? null,
  }))
}

/** A conductor of code may always have a next stop, and a switch is not expected to let events go on. */
function deadEndsOf(
  app: Mapped,
  stops: Iterable<StopDefinition>,
  lines: readonly MappedLine[],
  edges: readonly MapEdge[],
): readonly string[] {
  const ends = new Set(lines.flatMap(({ stops }) => stops.at(-1) ?? []))
  for (const { router } of app.entries)
    if (router.kind === 'conductor' && router.rules !== undefined)
      for (const stop of router.lines[0]?.stops ?? [])
        if (!edges.some(({ from, kind }) => kind === 'rule' && from === stopPlace(stop.name))) ends.add(stop)
  return [...stops]
    .filter(
      (stop) => ends.has(stop) && stop.outSchema !== undefined && stop.next === undefined && stop.targets.size === 0,
    )
    .map(({ name }) => name)
}

/** Places that lead to each other, together; a place that leads to itself, alone. */
function loopsOf(edges: readonly MapEdge[]): readonly (readonly string[])[] {
  const ways = new Map<string, Set<string>>()
  for (const { from, to } of edges) ways.set(from, (ways.get(from) ?? new Set()).add(to))
  const reach = new Map([...ways.keys()].map((place) => [place, reachedFrom(place, ways)]))
  const looping = [...reach].filter(([place, reached]) => reached.has(place)).map(([place]) => place)
  const loops = new Map<string, string[]>()
  for (const place of looping) {
    const first =
      looping.find((other) => reach.get(place)?.has(other) === true && reach.get(other)?.has(place) === true) ?? place
    loops.set(first, [...(loops.get(first) ?? []), place])
  }
  return [...loops.values()]
}

function reachedFrom(place: string, ways: ReadonlyMap<string, ReadonlySet<string>>): ReadonlySet<string> {
  const reached = new Set(ways.get(place))
  for (const next of reached) for (const further of ways.get(next) ?? []) reached.add(further)
  return reached
}
