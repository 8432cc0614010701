import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { hmacSigner } from '../internal/platform/hmac.ts'
import { signSlip, verifySlip } from './signature.ts'
import { advanceSlip, plotSlip, startOfBehind } from './slip.ts'

const signer = hmacSigner('k1', 'secret')
const accepted = [{ signer, app: 'contacts', lines: ['campaign', 'post'] }]
const bearer = { id: 'e-1', hop: 2 }
const bare = advanceSlip(plotSlip('campaign', '1a2b3c4d', ['add-email', 'white-list', 'archive']), 'add-email', 1, 0.5)
const signed = signSlip(bare, bearer, 'contacts', signer)
const forged = { code: 'MB_SLIP_FORGED' }

test('a signed slip is accepted for its event, and says who signed it', () => {
  assert.equal(verifySlip(signed, bearer, accepted).app, 'contacts')
})

test('a signature survives until the next change, and a new one takes its place', () => {
  const next = advanceSlip(signed, 'white-list', 1, 0.1)
  assert.throws(() => verifySlip(next, bearer, accepted), forged)
  const again = signSlip(signed, bearer, 'contacts', signer)
  assert.equal(again, signed)
})

test('refuses a slip of another event, hop, app, key or line', () => {
  const cases = [
    { slip: signed, bearer: { ...bearer, id: 'e-2' }, accepted },
    { slip: signed, bearer: { ...bearer, hop: 3 }, accepted },
    { slip: bare, bearer, accepted },
    { slip: signed, bearer, accepted: [] },
    { slip: signed, bearer, accepted: [{ ...accepted[0]!, app: 'billing' }] },
    { slip: signed, bearer, accepted: [{ ...accepted[0]!, lines: ['post'] }] },
    {
      slip: signed,
      bearer,
      accepted: [{ ...accepted[0]!, signer: hmacSigner('k1', 'another secret') }],
    },
    {
      slip: signSlip(bare, bearer, 'contacts', hmacSigner('k2', 'secret')),
      bearer,
      accepted,
    },
    { slip: signed.replace('|campaign|', '|post|'), bearer, accepted },
    { slip: signed.replace('white-list,', ''), bearer, accepted },
    { slip: signed.replace('|19|', '|99|'), bearer, accepted },
  ]
  for (const { slip, bearer, accepted } of cases) assert.throws(() => verifySlip(slip, bearer, accepted), forged, slip)
})

test('two events whose ids and hops run together do not share a signature', () => {
  const other = signSlip(bare, { id: 'e-1",2', hop: 3 }, 'contacts', signer)
  assert.throws(() => verifySlip(other, { id: 'e-1', hop: 2 }, accepted), forged)
})

test('no byte before the visits behind can be altered', () => {
  const covered = startOfBehind(signed)
  const position = fc.nat(covered - 1)
  const character = fc.string({ minLength: 1, maxLength: 1, unit: 'binary-ascii' })
  fc.assert(
    fc.property(position, character, (at, replacement) => {
      fc.pre(signed[at] !== replacement)
      const altered = signed.slice(0, at) + replacement + signed.slice(at + 1)
      assert.throws(() => verifySlip(altered, bearer, accepted), /MB_|itinerary/)
    }),
    { numRuns: 2000 },
  )
})

test('each character of the mac counts, the last one too', () => {
  const start = signed.indexOf('.') + 1
  for (let at = start; at < signed.indexOf('!', 1); at++)
    for (const other of 'ABCDEFGHabcdefgh0123-_') {
      if (signed[at] === other) continue
      const altered = signed.slice(0, at) + other + signed.slice(at + 1)
      assert.throws(() => verifySlip(altered, bearer, accepted), forged)
    }
})
