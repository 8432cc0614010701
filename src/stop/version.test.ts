import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import * as z from 'zod'
import { stop } from './stop.ts'
import { versionOf } from './version.ts'

const Contact = z.object({ accountId: z.string() })
const plain = v.object({ accountId: v.string() })
const first = stop('first', { in: Contact, out: Contact }, (contact) => contact)
const last = stop('last', { in: Contact }, () => {})
const version = versionOf([first, last])

test('the version of a line is 8 characters, and the same for the same line', () => {
  assert.match(version, /^[0-9a-f]{8}$/)
  const again = stop('first', { in: z.object({ accountId: z.string() }), out: Contact }, () => null)
  assert.equal(versionOf([again, last]), version)
})

test('code, policy and effects are no part of it', () => {
  const other = stop('first', { in: Contact, out: Contact, effects: 'none', policy: { attempts: 1 } }, () => null)
  assert.equal(versionOf([other, last]), version)
})

test('names, order, forms of data, targets and hard-wired nexts are', () => {
  const Wider = z.object({ accountId: z.string(), age: z.number().optional() })
  const keep = (contact: { readonly accountId: string }) => contact
  const others = [
    [last, first],
    [first],
    [stop('second', { in: Contact, out: Contact }, keep), last],
    [stop('first', { in: Wider, out: Contact }, keep), last],
    [stop('first', { in: Contact, out: Wider }, keep), last],
    [stop('first', { in: Contact, out: Contact, targets: { end: last } }, keep), last],
    [stop('first', { in: Contact, out: Contact, targets: { other: last } }, keep), last],
    [
      stop(
        'first',
        { in: Contact, out: Contact, targets: { end: { kind: 'line', name: 'end', version: '1', plan: [last] } } },
        keep,
      ),
      last,
    ],
    [stop('first', { in: Contact, out: Contact, next: last }, keep), last],
  ]
  const versions = [version, ...others.map(versionOf)]
  assert.equal(new Set(versions).size, versions.length)
})

test('where a validator offers no JSON Schema, the declared version tells', () => {
  const one = stop('first', { in: plain }, () => {})
  const same = stop('first', { in: v.object({ other: v.number() }) }, () => {})
  const raised = stop('first', { in: plain, schemaVersion: 2 }, () => {})
  assert.equal(versionOf([one]), versionOf([same]))
  assert.notEqual(versionOf([one]), versionOf([raised]))
})

test('a validator that cannot say its JSON Schema does not fail the line', () => {
  const own = z.object({ id: z.custom<string>((id) => id !== '') })
  assert.match(versionOf([stop('first', { in: own }, () => {})]), /^[0-9a-f]{8}$/)
})
