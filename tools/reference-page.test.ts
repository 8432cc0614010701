/** The reference of what can be declared names every option that the code has, none that it has not, and the defaults that the code fills in. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { resolveEmbeddedOptions } from '../src/bus/embedded/options.ts'
import { memory } from '../src/bus/memory/index.ts'
import { resolveMemoryOptions } from '../src/bus/memory/options.ts'
import {
  defaultPolicy,
  deadLetter,
  drop,
  entry,
  metrobus,
  pop,
  push,
  reroute,
  retry,
  split,
  stop,
  wait,
} from '../src/index.ts'
import { resolveStartOptions } from '../src/runtime/options.ts'
import type { StandardSchema } from '../src/schema/standard.ts'
import { parse, walk } from './tidy/source.ts'
import type { Node } from './tidy/source.ts'

const root = join(import.meta.dirname, '..')
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

/** The rows of the table below each heading: the name in the first column, and the default in the last. */
const sections = new Map(
  textOf('docs/reference/stops-and-entries.md')
    .split(/^## /m)
    .map((section) => {
      const rows = [...section.matchAll(/^\| `([\w.]+).*\| (.*) \|$/gm)]
      return [section.split('\n', 1)[0]!, new Map(rows.map(([, name = '', told = '']) => [name, told]))] as const
    }),
)
const namesOf = (heading: string): readonly string[] => [
  ...new Set([...sections.get(heading)!.keys()].map((name) => name.replace(/\..*/, ''))),
]

/** The fields of an interface. */
function fieldsOf(path: string, name: string): readonly string[] {
  const { program } = parse(path, textOf(path))
  for (const { node } of walk(program))
    if (node.type === 'TSInterfaceDeclaration' && (node['id'] as Node)['name'] === name)
      return ((node['body'] as Node)['body'] as readonly Node[])
        .filter((member) => !isNever(member))
        .map((member) => String((member['key'] as Node)['name']))
  throw new Error(`${path} has no interface ${name}`)
}

/** A field that another form of the options has. */
const isNever = (member: Node): boolean =>
  ((member['typeAnnotation'] as Node | null)?.['typeAnnotation'] as Node | undefined)?.type === 'TSNeverKeyword'

const declared: Readonly<Record<string, readonly (readonly [path: string, name: string])[]>> = {
  'A stop': [['src/stop/options.ts', 'StopOptions']],
  'The policy': [['src/resilience/retry-policy.ts', 'RetryPolicy']],
  'What a handler is given': [['src/stop/definition.ts', 'StopContext']],
  Limits: [['src/stop/options.ts', 'LimitOptions']],
  Batches: [['src/stop/stop.ts', 'BatchOptions']],
  Switches: [['src/itinerary/switch.ts', 'SwitchOptions']],
  Entries: [
    ['src/runtime/entry.ts', 'CommonOptions'],
    ['src/runtime/entry.ts', 'SentOptions'],
    ['src/runtime/entry.ts', 'ReadOptions'],
  ],
  'Declared topics': [['src/runtime/topic.ts', 'TopicOptions']],
  'An app': [['src/runtime/app.ts', 'AppOptions']],
  'Starting it': [['src/runtime/options.ts', 'StartOptions']],
  Signing: [['src/runtime/options.ts', 'SigningOptions']],
  'The embedded bus': [['src/bus/embedded/options.ts', 'EmbeddedOptions']],
  'The memory bus': [['src/bus/memory/options.ts', 'MemoryOptions']],
}

for (const [heading, interfaces] of Object.entries(declared))
  test(`"${heading}" names every option, and none that is not there`, () => {
    const fields = new Set(interfaces.flatMap(([path, name]) => fieldsOf(path, name)))
    assert.deepEqual(namesOf(heading).toSorted(), [...fields].toSorted())
  })

test('the outcomes are those that can be made', () => {
  const outcomes = [drop, split, reroute, push, pop, retry, wait, deadLetter].map(({ name }) => name)
  assert.deepEqual(namesOf('Outcomes'), outcomes)
})

const anything: StandardSchema = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } }

test('the defaults are those of the code', () => {
  const plain = stop('plain', { in: anything }, () => {})
  const { batch } = stop.batch('many', { in: anything }, (all) => all.map(() => null))
  const opened = entry('opened', { in: anything, route: plain })
  const started = resolveStartOptions({ bus: memory() })
  const onDisk = resolveEmbeddedOptions({})
  const inMemory = resolveMemoryOptions({})
  const defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    'A stop': {
      effects: plain.hasEffects ? 'outside' : 'none',
      concurrency: plain.concurrency,
      schemaVersion: plain.schemaVersion,
    },
    'The policy': {
      attempts: defaultPolicy.attempts,
      backoff: defaultPolicy.backoffFirstMs,
      'backoff.factor': defaultPolicy.backoffFactor,
      'backoff.max': defaultPolicy.backoffMaxMs,
      jitter: defaultPolicy.jitter,
      deadline: defaultPolicy.deadlineMs,
      whenDeadLettered: defaultPolicy.whenDeadLettered,
    },
    Batches: { size: batch?.sizeMax, time: batch?.timeMs },
    Entries: { 'dedupe.count': opened.dedupe.countMax, 'dedupe.time': opened.dedupe.timeMs },
    'An app': { codeVersion: metrobus('app', { entries: [opened] }).definition.codeVersion },
    'Starting it': {
      drain: started.drainMs,
      signals: started.signals,
      freeze: started.freeze,
      removedStops: started.removedStops,
      killsMax: started.killsMax,
      blockedAfter: started.blockedAfterMs,
    },
    'The embedded bus': {
      dir: onDisk.dir,
      partitions: onDisk.partitions,
      durability: onDisk.durability.mode,
      segmentBytes: onDisk.segmentBytes,
      diskBytesMax: onDisk.diskBytesMax,
      reserveBytes: onDisk.reserveBytes,
      'retention.time': onDisk.retention.timeMs,
      'retention.bytesMax': onDisk.retention.bytesMax,
      cacheBytesMax: onDisk.cacheBytesMax,
      recordBytesMax: onDisk.recordBytesMax,
    },
    'The memory bus': {
      partitions: inMemory.partitions,
      runAhead: inMemory.runAhead,
      handOver: inMemory.handOver,
      settleDelay: inMemory.settleDelay,
      recordsMax: inMemory.recordsMax,
      recordBytesMax: inMemory.recordBytesMax,
    },
  }
  for (const [heading, values] of Object.entries(defaults))
    for (const [name, value] of Object.entries(values))
      assert.equal(sections.get(heading)!.get(name), shown(name, value), `${heading}: ${name}`)
})

/** As the page writes it. */
function shown(name: string, value: unknown): string {
  if (typeof value === 'string') return `\`'${value}'\``
  if (typeof value !== 'number') return `\`${String(value)}\``
  if (/bytes/i.test(name) && Number.isFinite(value)) {
    const units = Math.floor(Math.log2(value) / 10)
    return `${value / 1024 ** units} ${['B', 'KiB', 'MiB', 'GiB'][units]}`
  }
  return Number.isFinite(value) ? value.toLocaleString('en-US') : String(value)
}
