import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { line } from '../itinerary/line.ts'
import { stop } from '../stop/stop.ts'
import { metrobus } from './app.ts'
import { entry } from './entry.ts'
import { topic } from './topic.ts'

const Contact = z.object({ accountId: z.string() })
const archive = stop('archive', { in: Contact }, () => {})
const campaign = line('campaign').to(archive)
const contacts = entry('contacts', { in: Contact, route: campaign })
const confirmed = topic('confirmed', { schema: Contact })
const loosely = metrobus as unknown as (name: string, options: unknown) => unknown

function faultsOf(options: unknown): readonly string[] {
  try {
    loosely('app', options)
  } catch (error) {
    const { code, facts } = error as { code: string; facts: { faults: readonly string[] } }
    assert.equal(code, 'MB_BAD_OPTIONS')
    return facts.faults
  }
  return []
}

test('an app is its entries and the topics that it owns', () => {
  const app = metrobus('contacts', { entries: [contacts], publishes: [confirmed], codeVersion: 'c0ffee' })
  assert.deepEqual(app.definition, {
    name: 'contacts',
    entries: [contacts],
    publishes: [confirmed],
    codeVersion: 'c0ffee',
  })
  assert.equal(metrobus('contacts', { entries: [contacts] }).definition.codeVersion, 'unknown')
})

test('parts may be used in several places, and different parts may not share a name', () => {
  const again = entry('again', { in: Contact, route: campaign })
  assert.deepEqual(faultsOf({ entries: [contacts, again] }), [])
  const otherArchive = stop('archive', { in: Contact }, () => {})
  const other = entry('contacts', {
    in: Contact,
    route: line('campaign')
      .via(stop('new', { in: Contact, out: Contact }, (it) => it))
      .to(otherArchive),
  })
  const reads = entry('reads', { from: topic('confirmed', { schema: Contact }), route: campaign })
  assert.deepEqual(faultsOf({ entries: [contacts, other, reads], publishes: [confirmed] }), [
    'two different entries are called "contacts": give each its own name',
    'two different topics are called "confirmed": give each its own name',
    'two different stops are called "archive": give each its own name',
    'two different lines are called "campaign": give each its own name',
  ])
})

test('a line that a stop may turn to has a name of its own, too', () => {
  const turn = stop(
    'turn',
    { in: Contact, targets: { campaign: line('campaign').to(stop('else', { in: Contact }, () => {})) } },
    () => {},
  )
  const turning = entry('turning', { in: Contact, route: turn })
  assert.deepEqual(faultsOf({ entries: [contacts, turning] }), [
    'two different lines are called "campaign": give each its own name',
  ])
})

test('only the owner publishes to a topic, and only entries of the app are emitted to', () => {
  const tell = stop('tell', { in: Contact, emits: [confirmed, contacts] }, () => {})
  const telling = entry('telling', { in: Contact, route: tell })
  assert.deepEqual(faultsOf({ entries: [telling, contacts], publishes: [confirmed] }), [])
  assert.deepEqual(faultsOf({ entries: [telling] }), [
    'the stop "tell" publishes to the topic "confirmed", which "app" does not own: list it under publishes, or let its owner publish',
    'the stop "tell" emits to the entry "contacts", which is not an entry of "app"',
  ])
  const reads = entry('reads', { from: confirmed, route: campaign })
  assert.equal(faultsOf({ entries: [telling, contacts, reads] }).length, 1)
})

test('refuses what is no part of an app', () => {
  assert.deepEqual(faultsOf({ entries: [] }), ['entries must hold at least one entry'])
  assert.deepEqual(faultsOf({ entries: 'contacts' }), ['entries must be a list'])
  assert.deepEqual(faultsOf({ entries: [campaign, undefined], publishes: [contacts] }), [
    'entries[0] is not made by entry()',
    'entries[1] is not made by entry()',
    'publishes[0] is not made by topic()',
  ])
  assert.throws(() => loosely('My app', { entries: [contacts] }), { code: 'MB_BAD_NAME' })
})
