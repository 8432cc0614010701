/**
 * R4. Itineraries that nobody who holds a key has signed for this event: altered at any character, taken from another event, from another app, from another line, signed
 * with another secret or under another key's name. None is accepted. Some also ride into a running app: no handler sees one, and it is given up with the reason.
 */
import assert from 'node:assert/strict'
import { isMetrobusError } from '../../../src/errors/index.ts'
import { hmacSigner } from '../../../src/internal/platform/hmac.ts'
import { signSlip, verifySlip } from '../../../src/itinerary/signature.ts'
import type { SlipBearer } from '../../../src/itinerary/signature.ts'
import { advanceSlip, plotSlip, startOfAhead, startOfBehind } from '../../../src/itinerary/slip.ts'
import type { SeededRandom } from '../../../src/testing/index.ts'
import { entryOf, lineOf, stopOf, world } from '../../runtime/harness.ts'
import { eachCase } from '../row.ts'
import type { Row } from '../row.ts'

/** Of so many cases one is a ride of several forged events into a running app. */
const rideEvery = 500
const forgedInRide = 20

export const row: Row = {
  id: 'R4',
  title: 'forged, altered and borrowed itineraries: none is accepted, none reaches a handler',
  tiers: 'PN',
  isDivisible: true,
  run: (context) =>
    eachCase(context, async ({ number, random }) => {
      if (number % rideEvery === 0) await ride(random)
      else refuse(random)
    }),
}

const secret = 'a secret of enough length'
const own = { key: 'own', app: 'app', lines: ['main', 'other'] }
const guest = { key: 'guest', app: 'billing', lines: ['bills'] }
const signers = { own: hmacSigner(own.key, secret), guest: hmacSigner(guest.key, 'another secret, as long') }
const accepted = [
  { ...own, signer: signers.own },
  { ...guest, signer: signers.guest },
]

/** A slip as its app signed it. */
interface Genuine {
  readonly slip: string
  readonly bearer: SlipBearer
}

function genuine(random: SeededRandom, by: 'own' | 'guest' = random.pick(['own', 'guest'])): Genuine {
  const { app, lines } = by === 'own' ? own : guest
  const stops = Array.from({ length: random.between(1, 6) }, (_, index) => `s${index}`)
  let slip = plotSlip(random.pick(lines), random.id(), stops)
  const hop = random.below(stops.length)
  for (let gone = 0; gone < hop; gone++) slip = advanceSlip(slip, stops[gone]!, 1, random.below(1000))
  const bearer = { id: random.id(), hop }
  return { slip: signSlip(slip, bearer, app, signers[by]), bearer }
}

type Forgery = (genuine: Genuine, random: SeededRandom) => Genuine

const characters = Array.from('abz019-.,|!:+_AZ=\n\0 ä\u2028')

/** Changes characters that the signature covers. */
const altered =
  (how: (covered: string, random: SeededRandom) => string): Forgery =>
  ({ slip, bearer }, random) => {
    const end = startOfBehind(slip)
    let covered = slip.slice(0, end)
    while (covered === slip.slice(0, end)) covered = how(slip.slice(0, end), random)
    return { slip: covered + slip.slice(end), bearer }
  }

const spliced = (text: string, at: number, gone: number, added: string): string =>
  text.slice(0, at) + added + text.slice(at + gone)

/** Changes one of `ahead`, `limit`, `line`, `version`, and keeps the signature. */
const refielded = (index: number, how: (field: string, random: SeededRandom) => string): Forgery =>
  altered((covered, random) => {
    const start = startOfAhead(covered)
    const fields = covered.slice(start).split('|')
    fields[index] = how(fields[index]!, random)
    return covered.slice(0, start) + fields.join('|')
  })

const signedBy =
  (key: string, app: string, withSecret: string): Forgery =>
  ({ slip, bearer }) => ({ slip: signSlip(slip, bearer, app, hmacSigner(key, withSecret)), bearer })

const forgeries: Readonly<Record<string, Forgery>> = {
  'a character replaced': altered((text, random) =>
    spliced(text, random.below(text.length), 1, random.pick(characters)),
  ),
  'a bit of a character': altered((text, random) => {
    const at = random.below(text.length)
    return spliced(text, at, 1, String.fromCharCode(text.charCodeAt(at) ^ (1 << random.below(7))))
  }),
  'a character removed': altered((text, random) => spliced(text, random.below(text.length), 1, '')),
  'a character put in': altered((text, random) => spliced(text, random.below(text.length), 0, random.pick(characters))),
  'a part removed': altered((text, random) => spliced(text, random.below(text.length), random.between(1, 40), '')),
  'a part repeated': altered((text, random) => {
    const at = random.below(text.length)
    return spliced(text, at, 0, text.slice(at, at + random.between(1, 40)))
  }),
  'the first stop left out': refielded(0, (ahead) => ahead.slice(ahead.indexOf(',') + 1).concat(',z')),
  'a stop put in front': refielded(0, (ahead) => `z,${ahead}`),
  'another limit': refielded(1, (limit, random) => String(Number(limit) + random.between(1, 99))),
  'another line': refielded(2, (line) => (line === 'main' ? 'other' : 'main')),
  'another version': refielded(3, (version) => (version === '1' ? '2' : version.slice(1))),
  'another event': ({ slip, bearer }, random) => ({ slip, bearer: { ...bearer, id: random.id() } }),
  'an id that runs into the hop': ({ slip, bearer }) => ({ slip, bearer: { ...bearer, id: `${bearer.id}",1` } }),
  'another hop': ({ slip, bearer }) => ({ slip, bearer: { ...bearer, hop: bearer.hop + 1 } }),
  'the signature of another event': ({ slip, bearer }, random) => {
    const other = genuine(random).slip
    return { slip: other.slice(0, startOfAhead(other)) + slip.slice(startOfAhead(slip)), bearer }
  },
  'no signature': ({ slip, bearer }) => ({ slip: slip.slice(startOfAhead(slip)), bearer }),
  'an empty signature': ({ slip, bearer }) => ({ slip: `!own.!${slip.slice(startOfAhead(slip))}`, bearer }),
  'the name of the other key': ({ slip, bearer }) => {
    const isOwn = slip.startsWith('!own.')
    return { slip: isOwn ? slip.replace('!own.', '!guest.') : slip.replace('!guest.', '!own.'), bearer }
  },
  'another secret': signedBy('own', 'app', 'a guess of enough length'),
  'an unknown key': signedBy('own2', 'app', secret),
  'a key with the name of its start': signedBy('ow', 'app', secret),
  'the key of another app': signedBy('guest', 'app', 'another secret, as long'),
  'the name of another app': signedBy('own', 'billing', secret),
  'a line that its key may not use': (_, random) => {
    const bearer = { id: random.id(), hop: 0 }
    return { slip: signSlip(plotSlip('main', '1', ['s0']), bearer, guest.app, signers.guest), bearer }
  },
}

function refuse(random: SeededRandom): void {
  const given = genuine(random)
  verifySlip(given.slip, given.bearer, accepted)
  const [name, forgery] = random.pick(Object.entries(forgeries))
  const forged = forgery(given, random)
  try {
    verifySlip(forged.slip, forged.bearer, accepted)
  } catch (error) {
    if (isMetrobusError(error, 'MB_SLIP_FORGED') || isMetrobusError(error, 'MB_BAD_SLIP')) return
    throw error
  }
  assert.fail(`${name} is accepted: ${JSON.stringify(forged)} instead of ${JSON.stringify(given)}`)
}

/** Forged events stand in the topic of a stop, as any app that may write there could put them. */
async function ride(random: SeededRandom): Promise<void> {
  const w = world({ handOver: 'bytes' })
  const seen: string[] = []
  const next = stopOf('next', (item: object, { event }) => {
    seen.push(event.ride)
    return item
  })
  const last = stopOf('last', () => undefined, { outSchema: undefined })
  const signing = { key: own.key, secret, accept: [{ ...guest, secret: 'another secret, as long' }] }
  const app = await w.start({ entries: [entryOf('in', lineOf('main', next, last))] }, { signing })
  await app.send('in', { key: 'a' }, { id: 'genuine' })
  await app.caughtUp()
  const { record } = (await w.bus.inspector.ride('genuine'))[0]!
  const records = Array.from({ length: forgedInRide }, (_, index) => {
    const forgery = random.pick(Object.values(forgeries))
    const { slip, bearer } = forgery({ slip: record.slip, bearer: { id: 'genuine', hop: 0 } }, random)
    // What was made for another event or hop rides as the one that it was made for.
    return record.copy({ slip, ride: `${bearer.id}${index}`, hop: bearer.hop }, {})
  })
  const member = await w.bus.join('forger', [], { assigned() {}, revoked() {}, ready() {}, failed() {}, pressed() {} })
  await member.settle({
    acknowledgements: [],
    changes: [],
    outputs: [{ topic: 'app.next', partition: 0, records }],
  })
  await app.caughtUp()
  assert.deepEqual(seen, ['genuine'], 'a handler saw a forged event')
  const letters = await app.deadLetters.list()
  assert.equal(letters.length, forgedInRide, 'each forged event is given up')
  for (const { cause } of letters) assert.match(cause, /^MB_(SLIP_FORGED|BAD_SLIP)$/)
  await member.leave()
  await app.stop()
}
