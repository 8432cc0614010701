/** Looking for records by what is in them. */
import { Record as EventRecord } from '../event/record.ts'
import type { Clock } from '../internal/platform/platform.ts'
import { searched } from './answer-shapes.ts'
import { choice, form, integer, moment, required, text } from './form.ts'
import type { Mask } from './masks.ts'
import { streamRoute } from './route.ts'
import type { Route } from './route.ts'
import { matcherOf } from './search/evaluate.ts'
import { parseExpression } from './search/parse.ts'
import { search } from './search/search.ts'
import type { Subject } from './subject.ts'
import type { Placed } from './tail.ts'

const countMax = 10_000
const countDefault = 100
/** One answer has about so much at most, in characters; the next one goes on from there. */
const charactersMax = 8 * 1024 * 1024
/** Data of a match that is larger is cut. */
const dataBytesDefault = 64 * 1024

const query = form(
  {
    where: required(text),
    partition: integer({ min: 0, max: 100_000 }),
    from: choice('beginning', 'end'),
    offset: integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    since: moment,
    after: text,
    count: integer({ min: 1, max: countMax }),
    bytes: integer({ min: 0, max: 8 * 1024 * 1024 }),
  },
  ({ from, offset, since, after }) =>
    [from, offset, since, after].filter((given) => given !== undefined).length > 1
      ? '"from", "offset", "since" and "after" exclude each other'
      : undefined,
)

export function searchRoutes({ inspector }: Subject, clock: Clock): readonly Route[] {
  return [
    streamRoute({
      method: 'GET',
      path: '/v1/topics/:topic/search',
      does: 'Looks through a topic for records that match an expression; streams matches, how far it is, and last from where to go on.',
      needs: 'viewer',
      payloads: true,
      query,
      answer: searched,
      stream: 'ndjson',
      serve({
        params: { topic },
        query: { where, partition, count, bytes, from = 'beginning', offset, since, after },
        mask,
      }) {
        const matches = matcherOf(parseExpression(where))
        const request = {
          topic,
          partition,
          from:
            after !== undefined
              ? { after }
              : offset !== undefined
                ? { offset }
                : since !== undefined
                  ? { timeMs: since }
                  : from,
          matches: mask === undefined ? matches : (placed: Placed) => matches(maskedPlace(placed, mask)),
          countMax: count ?? countDefault,
          charactersMax,
          dataBytesMax: bytes ?? dataBytesDefault,
        }
        return (signal) => search(inspector, request, clock, signal)
      },
    }),
  ]
}

/** The record without what is masked: else a search would find it out by asking. */
function maskedPlace({ topic, partition, record }: Placed, mask: Mask): Placed {
  const { type, headers, data } = record
  const shown = mask({ topic, type, headers, data }) as Pick<EventRecord, 'headers' | 'data'>
  const copy = new EventRecord(Object.assign({}, record, { headers: shown.headers }), shown.data, undefined)
  copy.offset = record.offset
  copy.appendedAt = record.appendedAt
  return { topic, partition, record: copy }
}
