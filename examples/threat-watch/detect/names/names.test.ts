import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { domainOf } from './domain.ts'
import { skeletonOf } from './skeleton.ts'
import { slipOf } from './typo.ts'

const word = fc.stringMatching(/^[a-z]{5,12}$/)
const position = fc.nat(100)

test('names that look alike have the same skeleton, and others have not', () => {
  const alike = [
    ['paypal', 'раураl'],
    ['veloris', 'vel0r1s'.replace('1', 'ı')],
    ['modern', 'rnodern'],
    ['wave', 'vvave'],
    ['cafe', 'Café'],
    ['total', 'tota|'],
  ] as const

  for (const [name, other] of alike) assert.equal(skeletonOf(other), skeletonOf(name), other)
  assert.notEqual(skeletonOf('veloris'), skeletonOf('velaris'))
})

test('any letter of a name may stand in the shape that Unicode calls confusable with it', () => {
  const lines = readFileSync(join(import.meta.dirname, 'confusables.txt'), 'utf8').split('\n')
  const shapes = lines
    .filter((line) => /^[0-9A-F]+;00(?:6[1-9A-F]|7[0-9A])$/.test(line))
    .map((line) => line.split(';').map((hex) => String.fromCodePoint(Number.parseInt(hex, 16))))

  fc.assert(
    fc.property(word, position, fc.nat(10_000), (name, at, choice) => {
      const letter = name[at % name.length]!
      const options = shapes.filter(([, to]) => to === letter)
      fc.pre(options.length > 0)
      const shape = options[choice % options.length]![0]!
      assert.equal(skeletonOf(name.replace(letter, shape)), skeletonOf(name))
    }),
  )
})

test('a skeleton is its own skeleton', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9-]{1,30}$/), (name) => {
      assert.equal(skeletonOf(skeletonOf(name)), skeletonOf(name))
    }),
  )
})

test('the slips of a finger have their names', () => {
  const slips = [
    ['velris', 'dropped-letter'],
    ['velooris', 'doubled-letter'],
    ['veloxris', 'added-letter'],
    ['veolris', 'swapped-letters'],
    ['vekoris', 'neighbour-key'],
    ['veiorls', undefined],
    ['veioris', 'look-alike-letter'],
    ['velaris', 'other-letter'],
    ['veloris', undefined],
    ['valeria', undefined],
  ] as const

  for (const [written, slip] of slips) assert.equal(slipOf(written, 'veloris'), slip, written)
  assert.equal(slipOf('northwand', 'northwind'), 'other-letter')
  assert.equal(slipOf('norhtwimd', 'northwind'), undefined)
  assert.equal(slipOf('nerthwand', 'northwind'), 'two-slips')
  assert.equal(slipOf('aces', 'acme'), undefined)
})

test('one letter dropped, doubled or swapped is a slip wherever it is', () => {
  fc.assert(
    fc.property(word, position, (name, somewhere) => {
      const at = somewhere % name.length
      const rest = name.slice(at + 1)
      assert.equal(slipOf(name.slice(0, at) + rest, name), 'dropped-letter')
      assert.equal(slipOf(name.slice(0, at) + name[at]! + name[at]! + rest, name), 'doubled-letter')
      fc.pre(rest !== '' && rest[0] !== name[at])
      assert.equal(slipOf(name.slice(0, at) + rest[0]! + name[at]! + rest.slice(1), name), 'swapped-letters')
    }),
  )
})

test('a host is read as its owner chose it, in the letters that are shown', () => {
  assert.deepEqual(domainOf('login.veloris.co.uk'), {
    shown: 'login.veloris.co.uk',
    name: 'veloris',
    suffix: 'co.uk',
    subdomains: ['login'],
  })
  assert.equal(domainOf('veloris.github.io')?.name, 'veloris')
  assert.equal(domainOf('xn--vloris-3of.test')?.shown, 'vеloris.test')
  assert.equal(domainOf('xn--99999999.test')?.name, 'xn--99999999')
  for (const none of ['127.0.0.1', '[::1]', 'co.uk', 'localhost']) assert.equal(domainOf(none), undefined, none)
})
