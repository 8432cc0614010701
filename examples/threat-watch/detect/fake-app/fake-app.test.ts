import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Verdict } from '../../types.ts'
import type { AppListing, Knowledge } from '../../types.ts'
import { fakeApp } from './fake-app.ts'
import { weights } from './weights.ts'

const certificate = 'ab'.repeat(32)
const icon = '0f1e2d3c4b5a6978'
const description =
  'Check balances, send money abroad, freeze lost cards and talk to your branch. Veloris Bank keeps savings safe with fingerprint unlock.'

const knowledge: Knowledge = {
  client: { name: 'Veloris Bank', domain: 'veloris.example' },
  brandWords: ['veloris', 'veloris bank'],
  domains: ['veloris.example'],
  apps: [
    {
      package: 'example.veloris.banking',
      name: 'Veloris Banking',
      description,
      iconHash: icon,
      certificates: [certificate],
    },
  ],
  iconHash: 'f0e1d2c3b4a59687',
}

const app = (changes: Partial<AppListing>): AppListing => ({
  kind: 'app',
  host: 'store.test',
  url: 'https://store.test/apps/1',
  package: 'com.garden.planner',
  name: 'Garden Planner',
  developer: 'Oak and Ash',
  description: 'Plan beds, paths and ponds. Draw your garden and see it grow through all seasons.',
  iconHash: '00000000ffffffff',
  apkUrl: 'https://store.test/apps/1.apk',
  certificates: null,
  ...changes,
})

const reason = (changes: Partial<AppListing>): string => {
  const verdict = fakeApp(app(changes), knowledge)
  return verdict.threat ? `threat: ${verdict.evidence.map(({ what }) => what).join(' ')}` : verdict.reason
}

test('the weights are shares of one score', () => {
  const sum = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  assert.equal(Math.round(sum * 1e9), 1e9)
})

test('an app that has the name and the face of a known one is a threat, with what it was recognised by', () => {
  const oneBitOff = '0f1e2d3c4b5a6979'

  assert.equal(reason({ name: 'Veloris Banking', iconHash: oneBitOff }), 'threat: name icon')
  assert.equal(reason({ name: 'VeIoris Bank', iconHash: icon }), 'threat: name icon')
  assert.equal(
    reason({ name: 'Vеlоris Ваnking', developer: 'VELORIS BANK', description }),
    'threat: name developer description',
  )
  assert.equal(
    reason({ name: 'Vloris Bnking', package: 'example.veloris.bankng', iconHash: icon }),
    'threat: icon package name',
  )
})

test('two copies are enough under any name, and so is the name of the brand with a claim to it', () => {
  assert.equal(reason({ name: 'Money at Hand', iconHash: icon, description }), 'threat: icon description')
  assert.equal(
    reason({ name: 'Veloris Bank', package: 'net.veloris.app', developer: 'Veloris Bank Ltd' }),
    'threat: name package developer',
  )
})

test('an app that shares one thing with the client, or speaks of it, is no threat', () => {
  assert.equal(reason({}), 'not-alike')
  assert.equal(reason({ iconHash: icon }), 'weak-likeness')
  assert.equal(reason({ description }), 'not-alike')
  assert.equal(reason({ name: 'Balance widget for Veloris', package: 'com.widgets.veloris' }), 'weak-likeness')
  assert.equal(reason({ name: 'Polaris Banking' }), 'weak-likeness')
})

test('the certificate of the client ends every suspicion, and that of another is evidence', () => {
  const copy = { name: 'Veloris Banking', package: 'example.veloris.banking', iconHash: icon, description }

  assert.equal(reason(copy), 'threat: name icon package description')
  assert.equal(reason({ ...copy, certificates: [certificate] }), 'signed-by-client')
  assert.equal(
    reason({ ...copy, certificates: ['cd'.repeat(32)] }),
    'threat: name icon package description certificate',
  )
  assert.equal(reason({ ...copy, certificates: [] }), 'threat: name icon package description certificate')
})

test('flat icons are like each other and say nothing', () => {
  const flat: Knowledge = { ...knowledge, iconHash: '0000000000000000' }
  const verdict = fakeApp(app({ name: 'Veloris', iconHash: '0000000000000001' }), flat)
  assert.deepEqual(verdict, { threat: false, reason: 'weak-likeness' })
})

test('it answers in the words of a verdict, whatever the app', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.constantFrom('Veloris', 'veloris bank', ''))
  const hash = fc.option(fc.stringMatching(/^[0-9a-f]{16}$/))
  fc.assert(
    fc.property(text, text, text, text, hash, (name, developer, description, packageName, iconHash) => {
      Verdict.parse(fakeApp(app({ name, developer, description, package: `p${packageName}`, iconHash }), knowledge))
    }),
  )
})
