import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import * as ajvFormats from 'ajv-formats'
import { type } from 'arktype'
import * as v from 'valibot'
import * as z from 'zod'
import { line } from '../itinerary/line.ts'
import { metrobus } from '../runtime/app.ts'
import { entry } from '../runtime/entry.ts'
import { topic } from '../runtime/topic.ts'
import { stop } from '../stop/stop.ts'
import { asyncApiOf } from './asyncapi.ts'

const schema = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0.json') as object

/** What the official schema finds wrong. */
function faultsOf(document: unknown): readonly string[] {
  // It brings the schema of draft 7 along.
  const ajv = new Ajv({ strict: false, meta: false, validateSchema: false })
  ;(ajvFormats.default as unknown as (ajv: Ajv) => void)(ajv)
  const validate = ajv.compile(schema)
  return validate(document) === true
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`)
}

/** Everywhere a reference leads to, from `#/`. */
function deadReferences(document: unknown): readonly string[] {
  const found: string[] = []
  JSON.stringify(document, (name, value: unknown) => {
    if (name !== '$ref' || typeof value !== 'string') return value
    let at: unknown = document
    for (const part of value.split('/').slice(1)) at = (at as Record<string, unknown> | undefined)?.[part]
    if (at === undefined) found.push(value)
    return value
  })
  return found
}

interface Tree {
  readonly name: string
  readonly children: readonly Tree[]
}
const Tree: z.ZodType<Tree, Tree> = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree)
  },
})
const grown = topic('grown', {
  schema: Tree,
  key: ({ name }) => name,
  partitions: 6,
  retention: { compact: true, time: { days: 1 } },
})
const plant = stop('plant', { in: Tree, emits: [grown] }, (tree, { emit }) => emit(grown, tree))
const look = stop('look', { in: v.object({ name: v.string() }) }, () => {})
const weigh = stop('weigh', { in: type({ name: 'string' }), out: type({ name: 'string' }) }, (tree) => tree)
const garden = metrobus('garden', {
  entries: [
    entry('seeds', { in: Tree, route: line('planting').to(plant) }),
    entry('walks', { in: v.object({ name: v.string() }), route: line('walking').to(look) }),
    entry('harvest', { from: grown, route: line('weighing').via(weigh).to(look) }),
  ],
  publishes: [grown],
})

test('an app is a valid document, with Kafka and without, whatever its validators can say', () => {
  for (const options of [{}, { binding: 'kafka', prefix: 'test.' }] as const) {
    const document = asyncApiOf([garden.definition], options)

    assert.deepEqual(faultsOf(document), [])
    assert.deepEqual(deadReferences(document), [])
  }
})

test('topics are channels, and entries, stops and emits are operations', () => {
  const { channels, operations } = asyncApiOf([garden.definition])

  assert.deepEqual(Object.keys(channels), [
    'grown',
    'garden.entry.seeds',
    'garden.entry.walks',
    'garden.plant',
    'garden.look',
    'garden.weigh',
  ])
  assert.deepEqual(
    Object.entries(operations).map(([name, { action, channel }]) => `${name} ${action}s ${channel.$ref.slice(11)}`),
    [
      'garden.entry.seeds receives garden.entry.seeds',
      'garden.entry.walks receives garden.entry.walks',
      'garden.entry.harvest receives grown',
      'garden.plant receives garden.plant',
      'garden.plant.topic.grown sends grown',
      'garden.look receives garden.look',
      'garden.weigh receives garden.weigh',
    ],
  )
})

test('a topic says to Kafka what it declares', () => {
  const { channels } = asyncApiOf([garden.definition], { binding: 'kafka', prefix: 'test.' })

  assert.deepEqual(channels['grown'], {
    address: 'test.grown',
    description: 'The topic grown, in the order of a key.',
    messages: { event: { $ref: '#/components/messages/grown' } },
    bindings: {
      kafka: {
        topic: 'test.grown',
        partitions: 6,
        topicConfiguration: { 'cleanup.policy': ['compact'], 'retention.ms': 86_400_000 },
        bindingVersion: '0.5.0',
      },
    },
  })
})

test('the data of a message is described, also where it holds itself', () => {
  const { components } = asyncApiOf([garden.definition])
  const tree = { $ref: '#/components/messages/grown/payload' }

  assert.deepEqual((components.messages['grown']!.payload as { properties: object }).properties, {
    name: { type: 'string' },
    children: { type: 'array', items: tree },
  })
})
