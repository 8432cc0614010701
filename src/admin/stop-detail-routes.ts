/** What the code says of a stop: where it stands, and what is allowed there. */
import { MetrobusError } from '../errors/index.ts'
import { stopsOfApp } from '../runtime/app.ts'
import type { AppDefinition } from '../runtime/definition.ts'
import { readerOf } from '../runtime/reader.ts'
import { placeOf } from '../stop/call-site.ts'
import type { LimitDefinition, StopDefinition } from '../stop/definition.ts'
import type { StopAnswer } from './answers.ts'
import { route } from './route.ts'
import type { Route } from './route.ts'
import { boolean, list, named, nullable, number, object, string, word } from './schema.ts'
import type { Schema } from './schema.ts'
import { runningOf } from './subject.ts'
import type { Subject } from './subject.ts'

const stop: Schema<StopAnswer> = named(
  'Stop',
  object({
    stop: string,
    source: nullable(object({ file: string, line: number })),
    effects: boolean,
    policy: object({
      attempts: number,
      backoffFirstMs: number,
      backoffFactor: number,
      backoffMaxMs: number,
      deadlineMs: number,
      whenDeadLettered: word('goOn', 'holdKey'),
    }),
    concurrency: number,
    limits: list(string),
  }),
)

export const stopDetailRoutes = (subject: Subject): readonly Route[] => [
  route({
    method: 'GET',
    path: '/v1/stops/:stop',
    does: 'Says where a stop is declared, and its policy and limits.',
    needs: 'viewer',
    answer: stop,
    serve: ({ params }) => stopAnswer(runningOf(subject, 'A stop').definition, params.stop),
  }),
]

function stopAnswer(app: AppDefinition, name: string): StopAnswer {
  const stops = [
    ...stopsOfApp(app),
    ...app.entries.flatMap(({ from, ...entry }) => (from === undefined ? [] : readerOf({ ...entry, from }))),
  ]
  const found = stops.find((one) => one.name === name)
  if (found === undefined)
    throw new MetrobusError('MB_NOT_FOUND', { kind: 'stop', name, known: stops.map((one) => one.name) })
  return answerOf(found)
}

function answerOf({ name, declaredAt, hasEffects, policy, concurrency, limits }: StopDefinition): StopAnswer {
  const { attempts, backoffFirstMs, backoffFactor, backoffMaxMs, deadlineMs, whenDeadLettered } = policy
  return {
    stop: name,
    source: declaredAt === undefined ? null : (placeOf(declaredAt) ?? null),
    effects: hasEffects,
    policy: { attempts, backoffFirstMs, backoffFactor, backoffMaxMs, deadlineMs, whenDeadLettered },
    concurrency,
    limits: limits.map(wordsOf),
  }
}

const wordsOf = ({ by, limit, rate }: LimitDefinition): string =>
  `${limit === undefined ? `${rate} a second` : `${limit} at once`}${by === undefined ? '' : ', of each value that it looks at'}`
