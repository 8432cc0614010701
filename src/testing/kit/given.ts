import { routerOf } from '../../itinerary/hard-wired.ts'
/**
 * Given a stop, a line or an app, when events come, then this happens: on the production runtime and the memory bus, without a broker and without waiting.
 *
 * ```ts
 * await given(whiteList).when({ accountId: 'a-1', email: 'ada@example.com' }).thenAnswers(drop('not-white-listed'))
 * await given(contactCampaign(fakes)).when('contacts', contact).thenRides('mailing').thenPasses('add-email', 'white-list', 'archive')
 * ```
 */
import type { Router } from '../../itinerary/router.ts'
import type { App } from '../../runtime/app.ts'
import type { AppDefinition, SendOptions } from '../../runtime/definition.ts'
import type { Entry } from '../../runtime/entry.ts'
import type { DeepReadonly } from '../../schema/data.ts'
import type { StopDefinition } from '../../stop/definition.ts'
import type { Carrier, InOf, OutOf, Stop } from '../../stop/typed.ts'
import { Scenario } from './scenario.ts'

/** What a test may say of an event besides its data. */
export interface WhenOptions extends SendOptions {
  /** How often each stop handles the event, as after crashes that lose its outcome. Default: 1. */
  readonly times?: number
}

/** The same for a stop or a line without an app, whose entry would give the key. */
export interface KeyedWhenOptions extends WhenOptions {
  /** The order key. Default: none. */
  readonly key?: string
}

/** Hands each event to each stop `times` times, to prove that this does no more than once: `when(order, numberOfTimes(3))`. */
export function numberOfTimes(times: number): { readonly times: number } {
  return { times }
}

/** What `when` takes for an app: an entry, what it takes, and options. Of an entry that reads a topic the data is not known to the compiler. */
type Entered<One extends Entry> = One extends Entry
  ? readonly [entry: One['name'], data: [InOf<One>] extends [never] ? unknown : InOf<One>, options?: WhenOptions]
  : never

/** Begins a test of an app, with all its entries. */
export function given<Entries extends readonly Entry[]>(app: App<Entries>): Scenario<Entered<Entries[number]>, unknown>
/** Begins a test of one stop alone: what it would lead to is not run. */
export function given<Name extends string, In, Out>(
  stop: Stop<Name, In, Out>,
): Scenario<readonly [data: DeepReadonly<In>, options?: KeyedWhenOptions], Out>
/** Begins a test of a line, a map maker or a conductor. */
export function given<Route extends Router & Carrier>(
  route: Route,
): Scenario<readonly [data: DeepReadonly<InOf<Route>>, options?: KeyedWhenOptions], OutOf<Route>>
export function given(subject: App | StopDefinition | Router): Scenario<never, never> {
  if ('definition' in subject)
    return new Scenario({
      definition: subject.definition,
      sentBy: ([entry, data, options]) => ({ entry: String(entry), data, options: options as WhenOptions | undefined }),
    })
  const keys: { next: string | null } = { next: null }
  const isStop = subject.kind === 'stop' && 'handler' in subject
  return new Scenario({
    definition: bareApp(routerOf(subject), () => keys.next),
    ...(isStop && { only: subject }),
    sentBy: ([data, options]) => {
      const given = options as KeyedWhenOptions | undefined
      keys.next = given?.key ?? null
      return { entry: 'given', data, options: given }
    },
  })
}

function bareApp(router: Router, key: () => string | null): AppDefinition {
  const dedupe = { countMax: 0, timeMs: 0 }
  const entry = { kind: 'entry', name: 'given', inSchema: undefined, key, router, from: undefined, dedupe } as const
  return { name: 'given', entries: [entry], publishes: [], codeVersion: 'test' }
}
