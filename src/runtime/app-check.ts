/** What can be wrong between parts that are right by themselves: names used twice, and publishing what another app owns. */
import type { StopDefinition } from '../stop/definition.ts'
import type { AppDefinition } from './definition.ts'
import { metricsOf } from './own-metrics.ts'

/** All faults of an app, in words. */
export function faultsOfApp(app: AppDefinition): readonly string[] {
  const { entries, publishes } = app
  const kinds = [...wrongKinds('entries', entries, 'entry'), ...wrongKinds('publishes', publishes, 'topic')]
  if (kinds.length > 0) return kinds
  const faults = entries.length === 0 ? ['entries must hold at least one entry'] : []
  const stops = [...new Set(entries.flatMap(({ router }) => router.stops))]
  const read = entries.flatMap(({ from }) => (from === undefined ? [] : [from.topic]))
  faults.push(
    ...twice('entry', entries),
    ...twice('topic', new Set([...publishes, ...read])),
    ...twice('stop', stops),
    ...twice('metric', metricsOf(app)),
    ...twice('store', new Set(stops.flatMap((stop) => Object.values(stop.stores)))),
    ...linesTwice(app, stops),
  )
  for (const topic of new Set(read))
    if (read.indexOf(topic) !== read.lastIndexOf(topic))
      // One group reads each record of a topic once.
      faults.push(`two entries read the topic "${topic.name}": let one read it, and split or emit from there`)
  for (const stop of stops) faults.push(...undeclaredEmits(app, stop))
  faults.push(...objectivesOfNothing(app, stops))
  return faults
}

function wrongKinds(path: string, parts: unknown, kind: 'entry' | 'topic'): readonly string[] {
  if (!Array.isArray(parts)) return [`${path} must be a list`]
  return parts.flatMap((part: { readonly kind?: unknown } | null | undefined, index) =>
    part?.kind === kind ? [] : [`${path}[${index}] is not made by ${kind}()`],
  )
}

/** Names are how parts are found in topics, slips and tables, so two parts cannot share one. */
function twice(kind: string, parts: Iterable<{ readonly name: string }>): readonly string[] {
  const seen = new Set<string>()
  const faults = new Set<string>()
  for (const { name } of parts) {
    if (seen.has(name))
      faults.add(
        `two different ${kind === 'entry' ? 'entries' : `${kind}s`} are called "${name}": give each its own name`,
      )
    seen.add(name)
  }
  return [...faults]
}

/** The same line may be used in several places; it has one version. */
function linesTwice({ entries }: AppDefinition, stops: readonly StopDefinition[]): readonly string[] {
  const versions = new Map<string, string>()
  const faults = new Set<string>()
  const check = (name: string, version: string): void => {
    const known = versions.get(name)
    if (known !== undefined && known !== version)
      faults.add(`two different lines are called "${name}": give each its own name`)
    versions.set(name, version)
  }
  for (const { router } of entries) for (const { name, version } of router.lines) check(name, version)
  for (const { targets } of stops) for (const { line, version } of targets.values()) check(line, version)
  return [...faults]
}

function objectivesOfNothing(
  { entries, objectives = {} }: AppDefinition,
  stops: readonly StopDefinition[],
): readonly string[] {
  const lines = new Set([
    ...entries.flatMap(({ router }) => router.lines.map(({ name }) => name)),
    ...stops.flatMap(({ targets }) => [...targets.values()].map(({ line }) => line)),
  ])
  return Object.keys(objectives)
    .filter((name) => !lines.has(name))
    .map((name) => `objectives has "${name}", which is not a line of the app`)
}

function undeclaredEmits(
  { entries, publishes, name: app }: AppDefinition,
  { name, emits }: StopDefinition,
): readonly string[] {
  return emits.flatMap((target) => {
    const declared: readonly unknown[] = target.kind === 'topic' ? publishes : entries
    if (declared.includes(target)) return []
    return target.kind === 'topic'
      ? [
          `the stop "${name}" publishes to the topic "${target.name}", which "${app}" does not own: list it under publishes, or let its owner publish`,
        ]
      : [`the stop "${name}" emits to the entry "${target.name}", which is not an entry of "${app}"`]
  })
}
