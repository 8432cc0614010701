import assert from 'node:assert/strict'
import test from 'node:test'
import { compareKeys } from './key-order.ts'

test('keys are in the order of their UTF-8 bytes', () => {
  const keys = [
    '',
    'a',
    'a/1',
    'b',
    'ä',
    '\u{d7ff}',
    '\u{e000}',
    '\u{ffff}',
    '\u{10000}',
    '\u{10ffff}',
    'a\u{1f687}',
    'a\u{ff5e}',
  ]
  const byBytes = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other))
  for (const one of keys)
    for (const other of keys)
      assert.equal(Math.sign(compareKeys(one, other)), Math.sign(byBytes(one, other)), `${one} and ${other}`)
})
