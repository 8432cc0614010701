import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hmacSigner } from './hmac.ts'

const signer = hmacSigner('k1', 'Jefe')
const text = 'what do ya want for nothing?'

test('signs as RFC 4231 says, in base64url', () => {
  const mac = Buffer.from('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843', 'hex')
  assert.equal(signer.sign(text), mac.toString('base64url'))
  assert.equal(signer.key, 'k1')
})

test('accepts its own macs in their one spelling, and nothing else', () => {
  const mac = signer.sign(text)
  assert.ok(signer.verify(text, mac))
  for (const other of ['', mac.slice(1), `${mac}A`, `${mac}=`, ` ${mac}`, mac.toLowerCase(), 'ä'])
    assert.equal(signer.verify(text, other), false, other)
  assert.equal(signer.verify(`${text} `, mac), false)
  assert.equal(hmacSigner('k1', 'jefe').verify(text, mac), false)
})
