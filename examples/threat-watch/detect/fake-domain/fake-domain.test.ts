import assert from 'node:assert/strict'
import { test } from 'node:test'
import { domainToASCII } from 'node:url'
import * as fc from 'fast-check'
import { Verdict } from '../../types.ts'
import type { Knowledge, Page, Registration } from '../../types.ts'
import { fakeDomain } from './fake-domain.ts'

const knowledge: Knowledge = {
  client: { name: 'Veloris Bank', domain: 'veloris.example' },
  brandWords: ['veloris', 'veloris bank', 'bank'],
  domains: ['veloris.example', 'veloris-group.example'],
  apps: [],
  iconHash: null,
}

const registration = (host: string): Registration => ({
  kind: 'domain',
  host: domainToASCII(host),
  registeredOn: '2026-11-20',
  registrar: 'Registrar of Last Resort',
})

const page = (host: string, shown: Partial<Page> = {}): Page => ({
  kind: 'page',
  host,
  url: `https://${host}/`,
  title: 'Garden furniture',
  description: '',
  text: 'Chairs and tables, made of oak.',
  asksForPassword: false,
  ...shown,
})

/** What was found, the strongest first, or why nothing was. */
function found(candidate: Page | Registration): readonly string[] {
  const verdict = fakeDomain(candidate, knowledge)
  return verdict.threat ? verdict.evidence.map(({ what }) => what) : [verdict.reason]
}

test('a name that is chosen to be taken for the brand is a threat, and the evidence says how', () => {
  const names = {
    'veloris.test': 'other-suffix',
    'veloris.co.uk': 'other-suffix',
    'veloris.github.io': 'other-suffix',
    'vel-oris.test': 'hyphenated',
    'vel0ris.test': 'homoglyph',
    'vеloris.test': 'homoglyph',
    'vélorís.test': 'homoglyph',
    'veolris.test': 'swapped-letters',
    'velors.test': 'dropped-letter',
    'veloriss.test': 'doubled-letter',
    'vekoris.test': 'neighbour-key',
    've1oriss.test': 'doubled-letter',
    'login-veloris.test': 'brand-and-risky-words',
    'velorisverify.test': 'brand-and-risky-words',
    'veolris-login.test': 'brand-and-risky-words',
    'veloris.example.session-4711.test': 'brand-domain-as-subdomain',
    'veloris-example.session-4711.test': 'brand-domain-as-subdomain',
    'secure.veloris.hosting.test': 'brand-and-risky-words',
  }

  for (const [host, what] of Object.entries(names)) assert.deepEqual(found(registration(host)), [what], host)
})

test('a name that only shares something with the brand is none', () => {
  const names = {
    'veloris.example': 'own-domain',
    'online.veloris-group.example': 'own-domain',
    'polaris.test': 'not-alike',
    'bank.test': 'not-alike',
    'velaris.test': 'weak-likeness',
    'veloris-reviews.test': 'weak-likeness',
    'velorisation.test': 'weak-likeness',
    'veloris.tickets.test': 'weak-likeness',
    '192.0.2.7': 'no-domain-name',
  }

  for (const [host, reason] of Object.entries(names)) assert.deepEqual(found(registration(host)), [reason], host)
})

test('a page confirms what its name makes likely, or speaks of something else', () => {
  assert.deepEqual(found(page('velaris.test')), ['weak-likeness'])
  assert.deepEqual(found(page('veloris.test')), ['weak-likeness'])
  assert.deepEqual(found(page('veloris.test', { title: 'Veloris, the bakery' })), ['weak-likeness'])

  assert.deepEqual(found(page('veloris.test', { asksForPassword: true })), ['other-suffix', 'asks-for-password'])
  assert.deepEqual(found(page('velaris.test', { title: 'Ve1oris Bank: sign in' })), ['other-letter', 'speaks-of-brand'])
})

test('other kinds of candidates are not its own', () => {
  const verdict = fakeDomain({ kind: 'feed', host: 'a.test', url: 'https://a.test/', title: '', text: '' }, knowledge)
  assert.deepEqual(verdict, { threat: false, reason: 'other-kind' })
})

test('it answers in the words of a verdict, whatever the host', () => {
  const label = fc.oneof(
    fc.stringMatching(/^[a-z0-9_-]{1,20}$/),
    fc.constantFrom('veloris', 'xn--', 'xn--vloris-3of', 'login', 'co', 'uk', '', 'vel0ris'),
  )
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 6 }), (labels) => {
      const host = labels.join('.').slice(0, 253)
      Verdict.parse(fakeDomain({ ...registration('a.test'), host }, knowledge))
    }),
  )
})
