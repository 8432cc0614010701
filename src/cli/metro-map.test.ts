import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Router } from '../itinerary/router.ts'
import { defaultPolicy } from '../resilience/retry-policy.ts'
import type { AppDefinition, TopicDefinition } from '../runtime/definition.ts'
import type { StandardSchema } from '../schema/standard.ts'
import type { StopDefinition } from '../stop/definition.ts'
import { mapOf, mermaidOf, textOf } from './metro-map.ts'

const schema: StandardSchema = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } }

const stop = (name: string, changes: Partial<StopDefinition> = {}): StopDefinition => ({
  kind: 'stop',
  name,
  inSchema: schema,
  outSchema: schema,
  schemaVersion: 1,
  hasEffects: false,
  policy: defaultPolicy,
  key: undefined,
  concurrency: 1,
  limits: [],
  middleware: [],
  next: undefined,
  targets: new Map(),
  emits: [],
  batch: undefined,
  handler: (data: unknown) => data,
  ...changes,
})

const router = (
  kind: Router['kind'],
  name: string,
  lines: Router['lines'],
  stops: readonly StopDefinition[],
): Router => ({
  kind,
  name,
  lines,
  stops,
  plot: () => '',
  conduct: undefined,
})

const orders: TopicDefinition = {
  kind: 'topic',
  name: 'orders',
  schema,
  key: undefined,
  partitions: undefined,
  retention: undefined,
}

/** Two entries: a map maker over two lines whose first stop may turn and publish, and a conductor that reads the topic. */
function app(): AppDefinition {
  const post = stop('post', { hasEffects: true })
  const mail = stop('mail', { hasEffects: true })
  const check = stop('check', {
    targets: new Map([['reject', { line: 'reject', version: '1', stops: [post] }]]),
    emits: [{ kind: 'topic', name: 'orders' }],
  })
  const lines = [
    { name: 'by-mail', version: '1', stops: [check, mail] },
    { name: 'by-post', version: '1', stops: [check, post] },
  ]
  const entry = { kind: 'entry' as const, key: undefined, from: undefined, dedupe: { countMax: 1, timeMs: 1 } }
  const contacts = {
    ...entry,
    name: 'contacts',
    inSchema: schema,
    router: router('map-maker', 'by-campaign', lines, [check, mail, post]),
  }
  const conductor = router('conductor', 'rules', [], [stop('bill', { next: post })])
  const reader = {
    ...entry,
    name: 'billing',
    inSchema: undefined,
    router: conductor,
    from: { topic: orders, start: 'now' as const },
  }
  return { name: 'campaign', entries: [contacts, reader], publishes: [orders], codeVersion: '1' }
}

test('the map holds entries, lines, stops, topics and every way between them', () => {
  const map = mapOf(app())

  assert.deepEqual(
    map.lines.map(({ name, stops }) => `${name}: ${stops.join(' ')}`),
    ['by-mail: check mail', 'by-post: check post', 'reject: post'],
  )
  assert.deepEqual(map.topics, ['orders'])
  assert.deepEqual(
    map.edges.map(({ from, to, kind, name }) => `${from} ${to} ${kind} ${name ?? ''}`.trim()).toSorted(),
    [
      'entry:billing stop:bill route rules',
      'entry:contacts stop:check route by-mail',
      'entry:contacts stop:check route by-post',
      'stop:bill stop:post next',
      'stop:check stop:mail line by-mail',
      'stop:check stop:post line by-post',
      'stop:check stop:post target reject',
      'stop:check topic:orders emit',
      'topic:orders entry:billing from',
    ],
  )
})

test('as text it reads from entries to ends', () => {
  assert.equal(
    textOf(mapOf(app())),
    [
      'app campaign',
      '',
      'entry contacts -> map-maker by-campaign',
      '  line by-mail: check -> mail',
      '  line by-post: check -> post',
      '',
      'entry billing (reads topic orders) -> conductor rules',
      '  to bill',
      '',
      'stop check may turn to reject, beginning at post',
      'stop check emits to topic orders',
      'stop bill goes on to post',
    ].join('\n'),
  )
})

test('as Mermaid every way joins two places that are declared', () => {
  const lines = mermaidOf(mapOf(app())).split('\n')
  const declared = lines.flatMap((line) => /^ {2}(n\d+)[[(]/.exec(line)?.[1] ?? [])
  const ways = lines.flatMap((line) => {
    const [, from, to] = /^ {2}(n\d+) -.*[>|] (n\d+)$/.exec(line) ?? []
    return from === undefined || to === undefined ? [] : [from, to]
  })

  assert.equal(lines[0], 'flowchart LR')
  assert.equal(declared.length, 7)
  assert.equal(ways.length, 18)
  assert.ok(ways.every((id) => declared.includes(id)))
})
