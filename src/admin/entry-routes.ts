/** Sending events to an entry. */
import type { RunningApp } from '../runtime/running.ts'
import { sent } from './answer-shapes.ts'
import type { SendAnswer, SentEvent } from './answers.ts'
import { errorAnswer, statusOf } from './failure.ts'
import { form, given, integer, required, several, text, texts, withheld } from './form.ts'
import { route } from './route.ts'
import type { Route } from './route.ts'
import { list, object } from './schema.ts'
import { runningOf } from './subject.ts'
import type { Subject } from './subject.ts'

/** Events that one request may bring. */
export const eventsMax = 1000

const event = form({
  data: required(given),
  id: text,
  headers: texts,
  time: integer({ min: 0, max: 8_640_000_000_000_000 }),
  source: text,
  type: text,
})

export function entryRoutes(subject: Subject): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/entries/:entry/events',
      does: 'Sends events to an entry, and answers one receipt or error an event, in order, when all are durable.',
      needs: 'operator',
      act: 'send',
      body: form({ events: required(withheld(several(event, eventsMax))) }),
      answer: object({ answers: list(sent) }),
      async serve({ params, body: { events } }) {
        const running = runningOf(subject, 'Sending')
        // Handed over in the order given, without waiting in between: that keeps the order of each key, and they share a sync.
        const answers = await Promise.all(events.map((event) => answerTo(running, params.entry, event)))
        return Response.json(
          { answers: answers.map(({ answer }) => answer) },
          { status: Math.max(200, ...answers.map(({ status }) => status)) },
        )
      },
    }),
  ]
}

async function answerTo(
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
