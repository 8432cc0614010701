/**
 * A route of the admin API, declared: everything that is true of it stands in one place. From the declarations come the HTTP routes with their checks, the OpenAPI document
 * and the tests of who may ask; what is not declared cannot be asked (decision 0032).
 *
 * A new one is a call of `route` or `streamRoute` in a function that answers a list, and that list a line in `routes.ts`:
 *
 *     route({
 *       method: 'POST',
 *       path: '/v1/stops/:stop/pause',
 *       does: 'Pauses a stop: what it handles now is finished, and nothing else is handed to it.',
 *       needs: 'operator',
 *       act: 'pause',
 *       body: form({ reason: required(text) }),
 *       answer: object({ paused: boolean }),
 *       serve: async ({ params: { stop }, body: { reason } }) => ({ paused: await ... }),
 *     })
 *
 * What is to be told as a failure is thrown as a MetrobusError, whose status stands in `failure.ts`.
 */
import type { ActKind } from './act.ts'
import { form } from './form.ts'
import type { Form } from './form.ts'
import type { Identity, Right, Role } from './identity.ts'
import type { Mask } from './masks.ts'
import type { Schema } from './schema.ts'

/** The names after a colon in a path. */
type NameIn<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | NameIn<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never

/** A request that was checked: it is by somebody who may ask, and has no fault. */
export interface Asked<Path extends string = string, Query = unknown, Body = unknown> {
  readonly params: Readonly<Record<NameIn<Path>, string>>
  readonly query: Query
  readonly body: Body
  readonly identity: Identity
  /** What is kept from all who ask here, for a route that looks into payloads; what it answers is masked anyway. */
  readonly mask: Mask | undefined
}

interface Declared<Path extends string, Query, Body, Answer> {
  readonly path: Path
  /** One sentence for the OpenAPI document. */
  readonly does: string
  /** The least role. */
  readonly needs: Role
  /** True when the answer holds what events or rows hold, which takes a right of its own. Default: false. */
  readonly payloads?: boolean
  /** What it does to the app, for the audit log and approvals. Default: it only looks. */
  readonly act?: ActKind
  /** Counts the events that the act would concern, for approvals that ask how many. Default: it cannot be told. */
  readonly weigh?: (asked: Asked<Path, Query, Body>) => Promise<number>
  /** Default: no field. */
  readonly query?: Form<Query>
  /** Default: no body. */
  readonly body?: Form<Body>
  readonly answer: Schema<Answer>
}

/** One answer. `serve` may give a Response where the status is not 200. */
export interface RouteDeclaration<Path extends string, Query, Body, Answer> extends Declared<
  Path,
  Query,
  Body,
  Answer
> {
  readonly method: Method
  readonly serve: (asked: Asked<Path, Query, Body>) => Answer | Response | Promise<Answer | Response>
}

/** Many answers, at the pace of the reader: NDJSON, or events for a page. What `serve` throws before the stream begins is an answer of its own. */
export interface StreamDeclaration<Path extends string, Query, Body, Answer> extends Declared<
  Path,
  Query,
  Body,
  Answer
> {
  readonly method: Method
  readonly stream: 'ndjson' | 'events'
  readonly serve: (asked: Asked<Path, Query, Body>) => Stream<Answer> | Promise<Stream<Answer>>
}

/** The answers until the signal, which comes when the reader has gone or the server closes. */
export type Stream<Answer> = (signal: AbortSignal) => AsyncGenerator<Answer>

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** A route, whatever its types. */
export interface Route extends Right {
  readonly method: Method
  readonly path: string
  readonly does: string
  readonly act: ActKind | undefined
  readonly weigh: ((asked: Asked) => Promise<number>) | undefined
  readonly query: Form<unknown>
  readonly body: Form<unknown> | undefined
  readonly answer: Schema<unknown>
  readonly stream: 'ndjson' | 'events' | undefined
  /** The answer, or with `stream` a Stream of them. */
  readonly serve: (asked: Asked) => unknown
}

const nothing = form({})

export function route<const Path extends string, Answer, Query = unknown, Body = unknown>(
  declaration: RouteDeclaration<Path, Query, Body, Answer>,
): Route {
  return whole({ ...declaration, stream: undefined })
}

export function streamRoute<const Path extends string, Answer, Query = unknown, Body = unknown>(
  declaration: StreamDeclaration<Path, Query, Body, Answer>,
): Route {
  return whole(declaration)
}

type Untyped = Omit<Declared<string, unknown, unknown, unknown>, 'weigh'> &
  Pick<Route, 'method' | 'stream'> & { readonly serve: unknown; readonly weigh?: unknown }

function whole({ payloads = false, act, weigh, query = nothing, body, serve, ...rest }: Untyped): Route {
  return {
    ...rest,
    payloads,
    act,
    query,
    body,
    weigh: weigh as Route['weigh'],
    serve: serve as Route['serve'],
  }
}
