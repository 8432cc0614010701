/** The app that the tests of the command line run: what is called `none` is dropped, `bad` is given up, `slow` takes two seconds, and nothing is archived. */
import { setTimeout } from 'node:timers/promises'
import * as v from 'valibot'
import { deadLetter, drop, entry, line, metrobus, stop } from '../../../src/index.ts'
import type { App } from '../../../src/index.ts'

const Person = v.object({ name: v.string(), team: v.optional(v.string()) })

const check = stop('check', { in: Person, out: Person, effects: 'none' }, (person) => {
  if (person.name === 'none') return drop('nobody')
  if (person.name === 'bad') return deadLetter('bad-name', 'nobody is called bad')
  return person
})
const archive = stop('archive', { in: Person }, async (person) => {
  if (person.name === 'slow') await setTimeout(2000)
})

export default (): App => {
  const people = entry('people', {
    in: Person,
    key: (person) => person.team ?? null,
    route: line('default').via(check).to(archive),
  })
  return metrobus('staff', { entries: [people], codeVersion: 'v1' })
}
