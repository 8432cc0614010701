/** Puts an app together: its entries, the topics that it owns, and through them every stop. */
import { Faults } from '../internal/faults.ts'
import { checkName } from '../internal/name.ts'
import type { DeepReadonly } from '../schema/data.ts'
import type { StopDefinition } from '../stop/definition.ts'
import type { InOf } from '../stop/typed.ts'
import { faultsOfApp } from './app-check.ts'
import type { AppDefinition, Receipt, SendOptions } from './definition.ts'
import type { Entry } from './entry.ts'
import { type ObjectiveOptions, resolveObjectives } from './objectives.ts'
import type { StartOptions } from './options.ts'
import type { RunningApp } from './running.ts'
import { startApp } from './start.ts'
import type { Topic } from './topic.ts'

export interface AppOptions<Entries extends readonly Entry[]> {
  /** Where events come in. */
  readonly entries: Entries
  /** The topics that this app owns and publishes to: each has one owner. Default: none. */
  readonly publishes?: readonly Topic[]
  /** Kept with each dead letter, to tell which code gave an event up, such as a commit. Default: 'unknown'. */
  readonly codeVersion?: string
  /** Service-level objectives, by the name of a line: alert rules are made from them. Default: none. */
  readonly objectives?: Readonly<Record<string, ObjectiveOptions>>
}

/** An app put together. Nothing runs until it is started. */
export interface App<Entries extends readonly Entry[] = readonly Entry[]> {
  readonly name: string
  readonly definition: AppDefinition
  /** Starts the app on a bus. Rejects with a `stop` error that says what to change. */
  start(options: StartOptions): Promise<Running<Entries>>
}

/** What `send` takes, by the names of the entries; entries that read topics are not sent to. */
type Sendable<Entries extends readonly Entry[]> = {
  [One in Entries[number] as [InOf<One>] extends [never] ? never : One['name']]: InOf<One>
}

/** A started app whose `send` knows its entries. */
export interface Running<Entries extends readonly Entry[] = readonly Entry[]> extends Omit<RunningApp, 'send'> {
  /**
   * Sends an event in; resolves when it is durable. Waits while the app is pressed. Refuses with MB_INVALID_EVENT, MB_UNKNOWN_ENTRY, MB_STOPPING and
   * MB_NO_SPACE. Inside a stop it is refused: use `ctx.emit` there.
   */
  send<Name extends keyof Sendable<Entries> & string>(
    entry: Name,
    data: DeepReadonly<Sendable<Entries>[Name]>,
    options?: SendOptions,
  ): Promise<Receipt>
}

/**
 * Puts an app together: `metrobus('contacts', { entries: [contacts] })`. Its name is the name of its consumer group, and begins the names of its topics.
 * Throws MB_BAD_NAME, and MB_BAD_OPTIONS with everything that does not fit together.
 */
export function metrobus<const Entries extends readonly Entry[]>(
  name: string,
  options: AppOptions<Entries>,
): App<Entries> {
  checkName('app', name)
  const { entries, publishes = [], codeVersion = 'unknown' } = options
  const faults = new Faults()
  const objectives = resolveObjectives(options.objectives, faults)
  const definition: AppDefinition = Object.freeze({
    name,
    entries,
    publishes,
    codeVersion,
    ...(objectives !== undefined && { objectives }),
  })
  for (const fault of faultsOfApp(definition)) faults.add(fault)
  faults.throwIfAny(`The app "${name}"`)
  return Object.freeze({
    name,
    definition,
    start: (startOptions: StartOptions) => startApp(definition, startOptions) as Promise<Running<Entries>>,
  })
}

/** Every stop of an app, each once, in the order in which its entries lead to them. */
export function stopsOfApp({ entries }: AppDefinition): readonly StopDefinition[] {
  return [...new Set(entries.flatMap((entry) => entry.router.stops))]
}
