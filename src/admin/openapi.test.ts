import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import * as z from 'zod'
import { silentLog } from '../internal/log.ts'
import { line } from '../itinerary/line.ts'
import { metrobus } from '../runtime/app.ts'
import { entry } from '../runtime/entry.ts'
import { deadLetter } from '../stop/outcome.ts'
import { stop } from '../stop/stop.ts'
import { store } from '../stop/store.ts'
import { memory, SeededRandom, SimDisk, VirtualClock } from '../testing/index.ts'
import { openApiOf } from './openapi.ts'
import { declaredRoutes, adminRoutes } from './routes.ts'
import { subjectOf } from './subject.ts'

const Item = z.object({ key: z.string() })

/** An app in which one event has ridden to its end, and one has died. */
async function stage() {
  const rows = store('rows', Item)
  const keep = stop('keep', { in: Item, stores: { rows } }, ({ key }, { stores }) => {
    if (key === 'bad') return deadLetter('bad-key')
    return stores.rows.put(key, { key })
  })
  const items = entry('items', { in: Item, key: ({ key }) => key, route: line('line').to(keep) })
  const clock = new VirtualClock()
  const running = await metrobus('app', { entries: [items] }).start({
    bus: memory(),
    platform: { clock, random: new SeededRandom(1), disk: new SimDisk() },
    log: silentLog,
    socket: false,
    blockedAfter: 0,
  })
  for (const key of ['good', 'bad']) {
    const sent = running.send('items', { key }, { id: key })
    await clock.advance(5)
    await sent
  }
  const subject = subjectOf(running)
  return {
    running,
    clock,
    declared: declaredRoutes(subject, clock),
    served: adminRoutes({ subject, clock, signal: new AbortController().signal }),
  }
}

test('the document is a valid one of OpenAPI 3.1, with every route in it', async () => {
  const { declared, served } = await stage()

  const document = (await (await served.request('/v1/openapi.json')).json()) as { paths: Record<string, object> }

  assert.deepEqual(document, JSON.parse(JSON.stringify(openApiOf(declared))))
  const { valid, errors } = await new Validator().validate(document)
  assert.deepEqual({ valid, errors: errors ?? [] }, { valid: true, errors: [] })
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  assert.deepEqual(
    described.toSorted(),
    declared.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`).toSorted(),
  )
})

test('what is looked at of a running app has the shape that was declared', async () => {
  const { declared, served, clock } = await stage()
  const { components } = openApiOf(declared) as unknown as { components: object }
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  const asked: Readonly<Record<string, readonly string[]>> = {
    '/v1/stops/:stop': ['/v1/stops/keep'],
    '/v1/seek': ['/v1/seek?stop=keep&to=beginning'],
    '/v1/topics/:topic/search': ['/v1/topics/app.keep/search?where=data+exists'],
    '/v1/topics/:topic/records': ['/v1/topics/app.keep/records', '/v1/topics/app.keep.dlq/records'],
    '/v1/rides/:id': ['/v1/rides/good', '/v1/rides/bad'],
    '/v1/rows': ['/v1/rows?store=rows'],
    '/v1/stores/:store/row': ['/v1/stores/rows/row?key=good'],
    '/v1/stores/:store/rows': ['/v1/stores/rows/rows'],
  }
  const letters = (await (await served.request('/v1/dead-letters')).json()) as {
    deadLetters: readonly { readonly place: string }[]
  }

  for (const { method, path, answer, stream } of declared) {
    if (method !== 'GET' || stream === 'events') continue
    const check = ajv.compile({ ...answer.json, components })
    const paths = path.endsWith('/:offset')
      ? letters.deadLetters.map(({ place }) => `/v1/dead-letters/${place}`)
      : (asked[path] ?? [path])
    assert.ok(paths.length > 0, path)
    for (const one of paths) {
      const answered = served.request(one)
      await clock.advance(1)
      const response = await answered
      assert.equal(response.status, 200, `${one}: ${response.status}`)
      const text = await response.text()
      const documents = stream === undefined ? [text] : text.trim().split('\n')
      for (const document of documents) {
        assert.ok(check(JSON.parse(document)), `${one}: ${ajv.errorsText(check.errors)} in ${document}`)
      }
    }
  }
})
