/** The page of the admin API names the routes that there are. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { adminRoutes } from '../src/admin/routes.ts'
import type { Subject } from '../src/admin/subject.ts'
import { VirtualClock } from '../src/testing/index.ts'

test('every route of the admin API is on its page, and none else', () => {
  const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'reference', 'admin-api.md'), 'utf8')
  const written = [...page.matchAll(/^\| `((?:GET|POST) [^`]+)` \|/gm)].map(([, route]) => route)
  const subject: Subject = { app: 'app', inspector: {}, deadLetters: {}, running: undefined } as never
  const { routes } = adminRoutes({ subject, clock: new VirtualClock(), signal: new AbortController().signal })

  const served = routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`)
  assert.deepEqual(new Set(written), new Set(served))
})
