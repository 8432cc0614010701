import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Verdict } from '../../types.ts'
import type { FeedItem, Knowledge, Page } from '../../types.ts'
import { Classifier, train } from './classifier.ts'
import { keyword } from './keyword.ts'
import { trained } from './train.ts'

const knowledge: Knowledge = {
  client: { name: 'Veloris Bank', domain: 'veloris.example' },
  brandWords: ['veloris', 'veloris bank', 'bank'],
  domains: ['veloris.example'],
  apps: [],
  iconHash: null,
}

const item = (text: string, changes: Partial<FeedItem> = {}): FeedItem => ({
  kind: 'feed',
  host: 'forum.test',
  url: 'https://forum.test/1',
  title: 'Market',
  text,
  ...changes,
})

const reason = (candidate: FeedItem | Page): string => {
  const verdict = keyword(candidate, knowledge)
  return verdict.threat ? `threat: ${verdict.evidence.map(({ what }) => what).join(' ')}` : verdict.reason
}

test('the training texts and the model are those that the script makes', () => {
  for (const [name, content] of Object.entries(trained()))
    assert.equal(readFileSync(join(import.meta.dirname, name), 'utf8'), content, `${name} differs: run train.ts`)
})

test('a text that sells, lures or threatens is a threat, with its words as evidence', () => {
  const logs = 'Fresh Veloris logins with cookies, 20 each, XMR only, escrow ok.'
  const lure = 'Your Ve1oris account was locked. Click here and verify your card within 24 hours or it will be closed.'

  assert.equal(reason(item(logs)), 'threat: words paid-in-secret')
  assert.equal(reason(item(lure)), 'threat: words log-in-or-lose')
})

test('a text that warns, reports or praises is none', () => {
  const warning =
    'Veloris Bank never asks for your PIN. Do not click links in messages that say your account was locked, and report them.'
  const news = 'A court sentenced two men who had sold Veloris logins on an underground market.'
  const praise = 'Veloris has opened a branch at the harbour. The staff is friendly and the coffee is good.'

  const quote =
    'Veloris warns of this message and asks to report it: your account was limited, click the link and verify your card now.'

  for (const text of [warning, news, praise, quote]) assert.equal(reason(item(text)), 'harmless-mention', text)
})

test('only what is said around the brand counts', () => {
  const sale = 'Selling fresh logins with cookies, XMR only, escrow ok.'
  const between = Array.from({ length: 9 }, (_, index) => `Page ${index + 1} of the board.`).join(' ')

  assert.equal(reason(item(sale)), 'no-mention')
  assert.equal(reason(item(`${sale} ${between} Veloris has opened a branch.`)), 'harmless-mention')
  assert.equal(reason(item(`${sale} Veloris and others.`)), 'threat: words credentials-for-sale paid-in-secret')
  assert.equal(reason(item('Developers of bank software wanted.')), 'no-mention')
  assert.equal(reason(item('Veloriso dumps for sale.')), 'no-mention')
})

test('what the client says itself is no threat to it, and other kinds are not its own', () => {
  const lure = 'Your Veloris account was locked. Click here and verify your card within 24 hours or it will be closed.'

  assert.equal(reason(item(lure, { host: 'news.veloris.example' })), 'own-domain')
  assert.deepEqual(keyword({ kind: 'domain', host: 'a.test', registeredOn: '2026-11-20', registrar: 'R' }, knowledge), {
    threat: false,
    reason: 'other-kind',
  })
})

test('a classifier that has seen nothing has no opinion', () => {
  const classifier = new Classifier(train([]))
  assert.equal(classifier.probability('Selling logins'), 0.5)
  assert.deepEqual(classifier.telling('Selling logins'), [])
})

test('it answers in the words of a verdict, whatever the text', () => {
  const words = fc.constantFrom(
    'Veloris',
    'selling',
    'escrow',
    'ok',
    '\n',
    '. ',
    'verify',
    'PIN',
    'constructor',
    '__proto__',
    '1',
  )
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.array(words).map((all) => all.join(' ')),
  )
  fc.assert(
    fc.property(text, text, (title, text) => {
      Verdict.parse(keyword(item(text, { title }), knowledge))
    }),
  )
})
