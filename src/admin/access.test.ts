/** Every route with no, wrong, expired and too low credentials, and with those that may; and every way in which a credential can be bad. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { isMetrobusError } from '../errors/index.ts'
import { SimDisk, VirtualClock } from '../testing/index.ts'
import { accessOf } from './access.ts'
import type { AccessOptions, Peer } from './access.ts'
import { mayAsk } from './identity.ts'
import type { Role } from './identity.ts'
import { peerOf } from './peer.ts'
import { adminRoutes, declaredRoutes } from './routes.ts'
import type { Subject } from './subject.ts'
import { replaceTextFile } from './text-file.ts'
import { Tokens } from './tokens.ts'

const dayMs = 86_400_000
const nobody: Peer = { subject: undefined }
const subject = { app: 'app', inspector: {}, deadLetters: {}, running: undefined } as unknown as Subject

const { publicKey, privateKey } = await generateKeyPair('ES256')
const stranger = await generateKeyPair('ES256')
const rsa = await generateKeyPair('RS256')

const issuer = 'https://id.example.com/'
const audience = 'metrobus'

interface Claims {
  readonly iss?: string
  readonly aud?: string | string[]
  readonly exp?: number
  readonly nbf?: number
  readonly sub?: string | undefined
  readonly roles?: unknown
}

async function stage() {
  const disk = new SimDisk()
  const clock = new VirtualClock()
  const tokens = new Tokens(disk, clock, '/tokens.json')
  let next = 0
  const token = (roles: readonly Role[], { payloads = false, days = 30 } = {}): Promise<string> => {
    const id = String(next++).padStart(12, 'a')
    const order = { name: `${roles.join('+')} ${next}`, roles, payloads, expiresAt: clock.now() + days * dayMs }
    return tokens.create(order, { id, secret: Buffer.alloc(32, next) })
  }
  const jwk = { ...(await exportJWK(publicKey)), alg: 'ES256', kid: 'a' }
  const foreign = { ...(await exportJWK(rsa.publicKey)), alg: 'RS256', kid: 'r' }
  await replaceTextFile(disk, '/keys.json', JSON.stringify({ keys: [jwk, foreign] }))
  const options: AccessOptions = {
    tokens: '/tokens.json',
    jwt: {
      issuer,
      audience,
      algorithms: ['ES256'],
      keys: '/keys.json',
      grants: { 'bus-viewers': { roles: ['viewer'] }, 'bus-operators': { roles: ['operator'], payloads: true } },
    },
    certificates: { 'CN=ann,O=Acme': { roles: ['admin'] } },
  }
  const seconds = Math.floor(clock.now() / 1000)
  const jwt = (claims: Claims = {}, key = privateKey, header: object = {}): Promise<string> => {
    const whole = { iss: issuer, aud: audience, sub: 'ann@example.com', exp: seconds + 60, roles: ['bus-viewers'] }
    const given = Object.fromEntries(Object.entries({ ...whole, ...claims }).filter(([, value]) => value !== undefined))
    return new SignJWT(given).setProtectedHeader({ alg: 'ES256', kid: 'a', ...header }).sign(key)
  }
  const access = accessOf(options, disk, clock)
  const ask = (authorization: string | undefined, peer: Peer = nobody) =>
    access(new Request('http://localhost/', { headers: authorization === undefined ? {} : { authorization } }), peer)
  const refused = (authorization: string | undefined, text: RegExp, peer?: Peer): Promise<void> =>
    assert.rejects(
      ask(authorization, peer),
      (error) => isMetrobusError(error, 'MB_UNAUTHENTICATED') && text.test(error.message),
    )
  return { disk, clock, tokens, token, jwt, ask, refused, access, seconds, options }
}

test('every route is closed to no, wrong, expired and too low credentials, and open to one that may', async () => {
  const { clock, access, token, jwt, seconds } = await stage()
  const routes = adminRoutes({
    subject,
    clock,
    signal: new AbortController().signal,
    identify: (request) => access(request, nobody),
  })
  const viewer = await token(['viewer'])
  const auditor = await token(['auditor'])
  const whole = await token(['admin', 'auditor'], { payloads: true })
  const short = await token(['admin', 'auditor'], { payloads: true, days: 1 })
  const bad = {
    none: undefined,
    wrong: `Bearer ${viewer.slice(0, -1)}${viewer.endsWith('A') ? 'B' : 'A'}`,
    unknown: `Bearer mbt_zzzzzzzzzzzz_${'A'.repeat(43)}`,
    expired: `Bearer ${short}`,
    'expired JWT': `Bearer ${await jwt({ exp: seconds + 3600 })}`,
    'JWT of a stranger': `Bearer ${await jwt({}, stranger.privateKey)}`,
    'JWT without a role': `Bearer ${await jwt({ roles: ['others'] })}`,
  }
  await clock.advance(2 * dayMs)

  for (const route of declaredRoutes(subject, clock)) {
    const path = `${route.path.replaceAll(/:\w+/g, 'x')}?no-such-field=1`
    const ask = async (authorization: string | undefined): Promise<number> => {
      const headers = authorization === undefined ? {} : { authorization }
      const init = { method: route.method, headers, ...(route.body !== undefined && { body: '{' }) }
      return (await routes.request(path, init)).status
    }
    for (const [what, credential] of Object.entries(bad))
      assert.equal(await ask(credential), 401, `${route.method} ${route.path}: ${what}`)
    for (const [credential, role] of [
      [viewer, 'viewer'],
      [auditor, 'auditor'],
    ] as const) {
      const may = mayAsk({ name: '', roles: [role], payloads: false }, route)
      assert.equal(await ask(`Bearer ${credential}`), may ? 400 : 403, `${route.method} ${route.path}: ${role}`)
    }
    assert.equal(await ask(`Bearer ${whole}`), 400, `${route.method} ${route.path}`)
  }
})

test('a token is known by its hash alone, as a bearer or as the password of a browser', async () => {
  const { disk, token, ask } = await stage()
  const made = await token(['viewer'], { payloads: true })
  const file = await disk.open('/tokens.json')
  const bytes = Buffer.alloc(await file.size())
  await file.read(bytes, 0, bytes.length, 0)

  assert.doesNotMatch(bytes.toString(), new RegExp(made.slice(-43)))
  for (const header of [`Bearer ${made}`, `bearer ${made}`, `Basic ${Buffer.from(`any:${made}`).toString('base64')}`])
    assert.deepEqual(await ask(header), { name: 'viewer 1', roles: ['viewer'], payloads: true })
})

test('a token ends when it expires and when it is revoked, without a new start', async () => {
  const { clock, tokens, token, ask, refused } = await stage()
  const [first, second] = [await token(['viewer']), await token(['viewer'])]
  await ask(`Bearer ${first}`)
  await tokens.revoke('aaaaaaaaaaa0')
  await refused(`Bearer ${first}`, /not known/)
  await clock.advance(30 * dayMs - 1)
  await ask(`Bearer ${second}`)
  await clock.advance(1)
  await refused(`Bearer ${second}`, /expired at 2026/)
  await assert.rejects(tokens.revoke('nothing'), (error) => isMetrobusError(error, 'MB_NOT_FOUND'))
})

test('no credential that is not whole is taken, nor one of two ways for the other', async () => {
  const { token, jwt, refused, ask } = await stage()
  const good = await token(['admin'])
  const ann: Peer = { subject: 'CN=ann,O=Acme' }
  for (const header of [
    '',
    'Bearer',
    'Bearer ',
    `Bearer  ${good} x`,
    `Bearer ${good}x`,
    `Bearer ${good.slice(0, -1)}`,
    `Bearer ${good.toUpperCase()}`,
    `Digest ${good}`,
    good,
    `Basic ${good}`,
    `Basic ${Buffer.from('any:').toString('base64')}`,
    'Bearer mbt___proto___x',
    'Bearer a.b.c',
    `Bearer ${(await jwt()).slice(0, -2)}`,
  ]) {
    await refused(header, /not known who asks/)
    // Whoever brings a bad credential is not taken for the certificate beside it.
    await refused(header, /not known who asks/, ann)
  }
  await refused(undefined, /brings no credential/)
  await refused(undefined, /"CN=bob,O=Acme" is granted nothing/, { subject: 'CN=bob,O=Acme' })
  await refused(undefined, /granted nothing/, { subject: '__proto__' })
  assert.deepEqual(await ask(undefined, ann), { name: 'CN=ann,O=Acme', roles: ['admin'], payloads: false })
})

test('a JSON Web Token counts by the algorithm, issuer, audience and time that were pinned', async () => {
  const { jwt, ask, refused, seconds } = await stage()
  assert.deepEqual(await ask(`Bearer ${await jwt({ roles: ['bus-viewers', 'bus-operators', 'x', 7] })}`), {
    name: 'ann@example.com',
    roles: ['viewer', 'operator'],
    payloads: true,
  })
  assert.deepEqual((await ask(`Bearer ${await jwt({ roles: 'bus-viewers' })}`)).roles, ['viewer'])
  for (const roles of [undefined, null, [], {}, '__proto__', ['toString', { 'bus-operators': 1 }]])
    assert.deepEqual((await ask(`Bearer ${await jwt({ roles })}`)).roles, [])

  const unsigned = (await jwt()).split('.')
  unsigned[0] = Buffer.from('{"alg":"none"}').toString('base64url')
  const symmetric = new SignJWT({ iss: issuer, aud: audience, sub: 'x', exp: seconds + 60 })
  const bad: readonly (readonly [string | Promise<string>, RegExp])[] = [
    [jwt({ iss: 'https://id.example.com' }), /"iss"/],
    [jwt({ aud: 'other' }), /"aud"/],
    [jwt({ aud: ['other', 'another'] }), /"aud"/],
    [jwt({ exp: seconds - 6 }), /"exp"/],
    [jwt({ nbf: seconds + 60 }), /"nbf"/],
    [jwt({ sub: undefined }), /"sub"/],
    [jwt({}, stranger.privateKey), /signature/],
    [jwt({}, rsa.privateKey, { alg: 'RS256', kid: 'r' }), /"alg"/],
    [`${unsigned[0]}.${unsigned[1]}.`, /refused/],
    [symmetric.setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from('a'.repeat(32))), /"alg"/],
  ]
  for (const [token, text] of bad) await refused(`Bearer ${await token}`, text)
})

test('options that would let too many in are refused, all faults at once', async () => {
  const { disk, clock, options } = await stage()
  const faultsOf = (given: unknown): string => {
    try {
      accessOf(given as AccessOptions, disk, clock)
    } catch (error) {
      assert.ok(isMetrobusError(error, 'MB_BAD_OPTIONS'))
      return error.message
    }
    return ''
  }
  assert.equal(faultsOf(options), '')
  assert.match(faultsOf({}), /one of "tokens", "jwt" and "certificates" is needed/)
  assert.match(faultsOf(undefined), /must be a JSON object/)
  const { jwt } = options
  assert.match(faultsOf({ jwt: { ...jwt, algorithms: ['HS256'] } }), /algorithms\[0\]" must be RS256 or/)
  assert.match(faultsOf({ jwt: { ...jwt, algorithms: [] } }), /list of 1 to/)
  assert.match(faultsOf({ jwt: { ...jwt, keys: 'http://id.example.com/keys' } }), /https/)
  const both = faultsOf({ jwt: { issuer: '', grants: { a: { roles: ['root'] } } }, tokenz: 'x' })
  for (const text of [/issuer/, /"jwt.audience" is missing/, /roles\[0\]" must be viewer or/, /"tokenz" is not known/])
    assert.match(both, text)
})

test('of a certificate only what the authority of the server has signed is believed, and no part looks like two', () => {
  const connection = (authorized: boolean, subject: object) => ({
    incoming: { socket: { authorized, getPeerCertificate: () => ({ subject }) } },
  })
  assert.equal(peerOf(connection(true, { CN: 'ann', O: 'Acme' })).subject, 'CN=ann,O=Acme')
  assert.equal(peerOf(connection(true, { CN: 'ann,O=Acme' })).subject, 'CN=ann\\,O=Acme')
  assert.equal(peerOf(connection(true, { CN: ['ann', 'bob'] })).subject, 'CN=ann,CN=bob')
  assert.equal(peerOf(connection(false, { CN: 'ann', O: 'Acme' })).subject, undefined)
  for (const other of [undefined, {}, { incoming: {} }, { incoming: { socket: {} } }])
    assert.equal(peerOf(other).subject, undefined)
})
