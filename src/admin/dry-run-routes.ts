/** Trying a dead letter on the current code. */
import { dryRun } from './answer-shapes.ts'
import { form, given, required, text } from './form.ts'
import { route } from './route.ts'
import type { Route } from './route.ts'
import { runningOf } from './subject.ts'
import type { Subject } from './subject.ts'

export function dryRunRoutes(subject: Subject): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/dead-letters/dry-run',
      does: 'Tries a dead letter on the current code, with other data if given: nothing is written. A stop with effects or stores is not run; its data is checked.',
      needs: 'operator',
      payloads: true,
      body: form({ place: required(text), data: given }),
      answer: dryRun,
      serve: ({ body: { place, data } }) =>
        runningOf(subject, 'A dry run').deadLetters.dryRun(place, data === undefined ? {} : { data }),
    }),
  ]
}
