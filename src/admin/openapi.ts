/** The OpenAPI 3.1 document of declared routes. */
import { packageVersion } from '../internal/platform/package-version.ts'
import { failure } from './answer-shapes.ts'
import { rightText } from './identity.ts'
import { route } from './route.ts'
import type { Route } from './route.ts'
import { anything, record } from './schema.ts'
import type { JsonSchema } from './schema.ts'

const json = 'application/json'
const contentTypes = { ndjson: 'application/x-ndjson', events: 'text/event-stream' } as const

/** Serves the document of these routes, and of itself. */
export function documentRoute(routes: readonly Route[]): Route {
  const own: Route = route({
    method: 'GET',
    path: '/v1/openapi.json',
    does: 'Describes these routes: an OpenAPI 3.1 document.',
    needs: 'viewer',
    answer: record(anything),
    serve: () => openApiOf([...routes, own]),
  })
  return own
}

/** The document. */
export function openApiOf(routes: readonly Route[]): JsonSchema & Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, JsonSchema>> = {}
  for (const route of routes) (paths[templateOf(route.path)] ??= {})[route.method.toLowerCase()] = operationOf(route)
  const shapes = [failure, ...routes.flatMap(({ query, body, answer }) => [query, answer, ...(body ? [body] : [])])]
  return {
    openapi: '3.1.0',
    info: {
      title: 'Metrobus admin API',
      version: packageVersion(),
      description: 'Fields of answers are added, never renamed. A field of a request that is not known is a fault.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: Object.assign({}, ...shapes.map(({ names }) => names)) as JsonSchema,
      responses: {
        Failure: { description: 'What went wrong, and what to do.', content: content({ error: failure.json }) },
      },
    },
  }
}

function operationOf(route: Route): JsonSchema {
  const { does, needs, payloads, act, query, body, answer, stream } = route
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name)
  return {
    operationId: operationId(route),
    summary: does,
    description: `Needs ${rightText(route)}.${act === undefined ? '' : ` Is an act: ${act}.`}`,
    'x-metrobus': { needs, payloads, ...(act !== undefined && { act }) },
    parameters: [
      ...names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...Object.entries(query.fields).map(([name, field]) => ({
        name,
        in: 'query',
        required: 'isRequired' in field,
        schema: field.json,
      })),
    ],
    ...(body !== undefined && { requestBody: { required: true, content: { [json]: { schema: body.json } } } }),
    responses: {
      200: {
        description: stream === undefined ? 'The answer.' : 'Answers, one after the other, at the pace of the reader.',
        content: { [stream === undefined ? json : contentTypes[stream]]: { schema: answer.json } },
      },
      default: { $ref: '#/components/responses/Failure' },
    },
  }
}

const content = (properties: JsonSchema): JsonSchema => ({
  [json]: { schema: { type: 'object', properties, required: Object.keys(properties) } },
})

/** `/v1/topics/:topic` as OpenAPI writes it. */
const templateOf = (path: string): string => path.replaceAll(/:(\w+)/g, '{$1}')

/** `get-v1-topics-topic-records`: stable, because it is made of what is. */
const operationId = ({ method, path }: Route): string =>
  `${method.toLowerCase()}${path.replaceAll(/[^a-z0-9]+/gi, '-')}`
