/** What a load will send: the kinds that a module exports as `load`, checked against its apps, and in which order they come. */
import { MetrobusError } from '../errors/index.ts'
import { Faults } from '../internal/faults.ts'
import type { Load, LoadKind } from '../testing/load.ts'
import { SeededRandom } from '../testing/seeded-random.ts'
import type { LoadedApp } from './app-module.ts'

/** A kind of events with everything filled in. */
export interface PlannedKind {
  readonly name: string
  readonly app: string
  readonly entry: string
  readonly weight: number
  readonly data: LoadKind['data']
}

/** Throws MB_BAD_OPTIONS with all that is wrong with the export, and MB_BAD_ARGUMENT for a `mix` that names no kind of it. */
export function planLoad(
  path: string,
  load: unknown,
  apps: readonly LoadedApp[],
  weights: Readonly<Record<string, number>> | undefined,
): readonly PlannedKind[] {
  const faults = new Faults()
  const mix = (load as Partial<Load> | undefined)?.mix ?? {}
  const kinds = Object.entries(mix).map(([name, kind]) => planKind(name, kind, apps, faults))
  if (kinds.length === 0) faults.add('a load needs a mix with one kind at least')
  faults.throwIfAny(`The export \`load\` of ${path}`)
  for (const name of Object.keys(weights ?? {}))
    if (!(name in mix))
      throw new MetrobusError('MB_BAD_ARGUMENT', {
        argument: '--mix',
        problem: `names "${name}", and ${path} has ${Object.keys(mix).join(', ')}`,
      })
  const weighed = kinds.map((kind) => ({
    ...kind,
    weight: weights === undefined ? kind.weight : (weights[kind.name] ?? 0),
  }))
  const chosen = weighed.filter(({ weight }) => weight > 0)
  if (chosen.length > 0) return chosen
  throw new MetrobusError('MB_BAD_ARGUMENT', { argument: 'The mix', problem: 'gives every kind the weight 0' })
}

function planKind(name: string, kind: LoadKind, apps: readonly LoadedApp[], faults: Faults): PlannedKind {
  const path = `mix.${name}`
  const { weight = 1, entry } = kind
  const having = apps.filter(
    ({ name: app, definition }) =>
      (kind.app === undefined || kind.app === app) &&
      definition.entries.some((one) => one.name === entry && one.from === undefined),
  )
  const of = kind.app === undefined ? 'an app' : `the app "${kind.app}"`
  if (having.length !== 1)
    faults.add(
      `${path}.entry must name an entry of ${of} that can be sent to, found ${having.length} called "${entry}"`,
    )
  faults.number(`${path}.weight`, weight, 0)
  if (kind.data === undefined) faults.add(`${path}.data is missing`)
  faults.function(`${path}.data`, kind.data)
  return { name, app: having[0]?.name ?? '', entry, weight, data: kind.data }
}

/** Which kind comes next, by weight. The same seed answers the same order. */
export function kindsInOrder(kinds: readonly PlannedKind[], seed: number): () => PlannedKind {
  const random = new SeededRandom(seed)
  const total = kinds.reduce((sum, { weight }) => sum + weight, 0)
  return () => {
    let left = random.next() * total
    return kinds.find(({ weight }) => (left -= weight) < 0) ?? kinds[0]!
  }
}
