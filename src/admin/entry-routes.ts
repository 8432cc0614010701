/** Sending events to an entry. */
import { Hono } from 'hono'
import { MetrobusError } from '../errors/index.ts'
import type { RunningApp } from '../runtime/running.ts'
import type { SendAnswer, SentEvent } from './answers.ts'
import { errorAnswer, statusOf } from './failure.ts'
import { Fields } from './fields.ts'
import { runningOf } from './subject.ts'
import type { Subject } from './subject.ts'

/** Events that one request may bring. */
export const eventsMax = 1000

/** `POST /:entry/events` takes `{ events: [{ data, id?, ... }] }`, and answers one receipt or error an event, in order. */
export function entryRoutes(subject: Subject): Hono {
  const routes = new Hono()
  routes.post('/:entry/events', async (context) => {
    const running = runningOf(subject, 'Sending')
    const events = eventsOf(await jsonOf(context.req.raw))
    // Handed over in the order given, without waiting in between: that keeps the order of each key, and they share a sync.
    const answers = await Promise.all(events.map((event) => sent(running, context.req.param('entry'), event)))
    return Response.json(
      { answers: answers.map(({ answer }) => answer) },
      { status: Math.max(200, ...answers.map(({ status }) => status)) },
    )
  })
  return routes
}

/** The body as JSON, or MB_BAD_REQUEST. */
export async function jsonOf(request: Request): Promise<unknown> {
  try {
    return await request.json()
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new MetrobusError('MB_BAD_REQUEST', { faults: [`the body is not JSON: ${error.message}`] }, { cause: error })
  }
}

function eventsOf(body: unknown): readonly SentEvent[] {
  const fields = Fields.ofBody(body)
  const events = fields.any('events')
  if (!Array.isArray(events) || events.length === 0 || events.length > eventsMax)
    fields.fault(`"events" must be a list of 1 to ${eventsMax}`)
  fields.done()
  return (events as unknown[]).map(eventOf)
}

function eventOf(value: unknown): SentEvent {
  const fields = Fields.ofBody(value)
  if (!fields.has('data')) fields.fault('"data" is missing')
  const event = {
    data: fields.any('data'),
    id: fields.text('id'),
    headers: fields.texts('headers'),
    time: fields.integer('time', { min: 0, max: 8_640_000_000_000_000 }),
    source: fields.text('source'),
    type: fields.text('type'),
  }
  fields.done()
  return Object.fromEntries(Object.entries(event).filter(([, field]) => field !== undefined)) as unknown as SentEvent
}

async function sent(
  running: RunningApp,
  entry: string,
  { data, ...options }: SentEvent,
): Promise<{ readonly answer: SendAnswer; readonly status: number }> {
  try {
    return { answer: await running.send(entry, data, options), status: 200 }
  } catch (error) {
    return { answer: { error: errorAnswer(error) }, status: statusOf(error) }
  }
}
