import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shortHash } from './hash.ts'

test('is FNV-1a in 32 bits, as published, so that versions stay what they are', () => {
  const published = { '': '811c9dc5', a: 'e40c292c', foobar: 'bf9cf968' }
  for (const [text, hash] of Object.entries(published)) assert.equal(shortHash(text), hash)
})

test('tells texts apart that differ in the upper half of a character only', () => {
  assert.notEqual(shortHash('\u0141'), shortHash('A'))
  assert.equal(shortHash('\u0141').length, 8)
})
