/** Who may ask what, tried at every route that is declared: a route that is added is tried, too. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MetrobusError } from '../errors/index.ts'
import { VirtualClock } from '../testing/index.ts'
import type { Identity, Role } from './identity.ts'
import { roles } from './identity.ts'
import { adminRoutes, declaredRoutes } from './routes.ts'
import type { Subject } from './subject.ts'

const untouched = (what: string): never =>
  new Proxy({} as never, {
    get: (_, name) => assert.fail(`${what}.${String(name)} was touched by who may not ask`),
  })

const subject: Subject = {
  app: 'app',
  inspector: untouched('inspector'),
  deadLetters: untouched('deadLetters'),
  running: undefined,
}
const clock = new VirtualClock()
const declared = declaredRoutes(subject, clock)

const served = (identify: (request: Request) => Identity) =>
  adminRoutes({ subject, clock, signal: new AbortController().signal, identify })

/** A request that would have faults, too: nobody learns of them who may not ask. */
const asked = ({ method, path }: (typeof declared)[number]): [string, RequestInit] => [
  `${path.replaceAll(/:\w+/g, 'x')}?no-such-field=1`,
  { method, ...(method !== 'GET' && { body: '{' }) },
]

const holding: Readonly<Record<Role, readonly Role[]>> = {
  viewer: ['viewer', 'operator', 'admin', 'auditor'],
  operator: ['operator', 'admin'],
  admin: ['admin'],
  auditor: ['auditor'],
}

for (const route of declared) {
  const name = `${route.method} ${route.path}`

  test(`${name} is closed to whom nobody knows`, async () => {
    const routes = served(() => {
      throw new MetrobusError('MB_UNAUTHENTICATED', { reason: 'there is no token' })
    })
    const response = await routes.request(...asked(route))
    assert.equal(response.status, 401)
  })

  for (const role of roles)
    for (const payloads of [false, true]) {
      const isOpen = holding[route.needs].includes(role) && (payloads || !route.payloads)
      test(`${name} is ${isOpen ? 'open' : 'closed'} to ${role}${payloads ? ' with payloads' : ''}`, async () => {
        const response = await served(() => ({ name: 'somebody', roles: [role], payloads })).request(...asked(route))
        assert.equal(response.status === 403, !isOpen, String(response.status))
        if (isOpen) assert.equal(response.status, 400)
      })
    }
}

test('nobody without a role may ask anything, and what is not declared is asked by none', async () => {
  const routes = served(() => ({ name: 'nobody', roles: [], payloads: true }))
  for (const route of declared) assert.equal((await routes.request(...asked(route))).status, 403)
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
    for (const path of ['/v1', '/v1/nothing', '/v1/topics/', '/v1//topics', '/V1/topics', '/v1/app/../topics/x'])
      assert.equal((await routes.request(path, { method })).status, 404, `${method} ${path}`)
})
