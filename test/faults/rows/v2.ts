/**
 * V2. Events that are too large, by a byte or by far, in any of their parts, alone and among others: refused where they enter, given up where a stop makes them, and
 * everything else rides. At the limit they ride.
 */
import assert from 'node:assert/strict'
import { embedded } from '../../../src/bus/embedded/index.ts'
import { memory } from '../../../src/bus/memory/index.ts'
import { isMetrobusError } from '../../../src/errors/index.ts'
import { silentLog } from '../../../src/internal/log.ts'
import { envelopeMax, unitDataBytesMax } from '../../../src/runtime/encode.ts'
import type { RunningApp } from '../../../src/runtime/running.ts'
import { startApp } from '../../../src/runtime/start.ts'
import { split } from '../../../src/stop/outcome.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../../src/testing/index.ts'
import { entryOf, lineOf, stopOf } from '../../runtime/harness.ts'
import { eachCase } from '../row.ts'
import type { Row } from '../row.ts'

const recordBytesMax = 64 * 1024
/** Beside the limit by so much, or so many times as large. */
const sizes = ['limit - 1', 'limit', 'limit + 1', '100 limits'] as const
const buses = ['memory', 'embedded'] as const

interface Item {
  readonly key: string
  /** How long the data is made by the first stop. */
  readonly grows?: number
  /** How many children of which length it is split into. */
  readonly children?: number
  readonly pad: string
}

/** An event of which one part has this size; `entered` says whether the sender or the stop is told. */
interface Part {
  readonly name: string
  readonly limit: number
  /** Bytes of what else counts, such as itineraries, which nobody outside can tell exactly. Default: 0. */
  readonly blur?: number
  readonly isRefused: boolean
  send(app: RunningApp, size: number): Promise<unknown>
}

const item = (pad: string, more: Partial<Item> = {}): Item => ({ key: 'k', ...more, pad })
/** Data whose JSON has so many bytes. */
const itemOf = (bytes: number, more: Partial<Item> = {}, letter = 'x'): Item => {
  const pad = bytes - Buffer.byteLength(JSON.stringify(item('', more)))
  const width = Buffer.byteLength(letter)
  return item(letter.repeat(Math.floor(pad / width)) + 'x'.repeat(pad % width), more)
}

/** What the harness's events have beside the part: their type and source, and the key. */
const others = 'in'.length + '/app/in'.length + 'k'.length
const headerMarks = 6

const parts: readonly Part[] = [
  { name: 'data', limit: recordBytesMax, isRefused: true, send: (app, size) => app.send('in', itemOf(size)) },
  {
    name: 'data of wide letters',
    limit: recordBytesMax,
    isRefused: true,
    send: (app, size) => app.send('in', itemOf(size, {}, '€')),
  },
  {
    name: 'a header',
    limit: envelopeMax,
    isRefused: true,
    send: (app, size) => app.send('in', item(''), { headers: { h: 'x'.repeat(size - others - headerMarks - 1) } }),
  },
  {
    name: 'the name of a header',
    limit: envelopeMax,
    isRefused: true,
    send: (app, size) => app.send('in', item(''), { headers: { ['h'.repeat(size - others - headerMarks)]: '' } }),
  },
  {
    name: 'many headers',
    limit: envelopeMax,
    isRefused: true,
    send: (app, size) => {
      const count = Math.floor((size - others) / 20)
      const headers = Array.from({ length: count }, (_, n) => [`h${String(n).padStart(9, '0')}`, 'four'] as const)
      const rest = size - others - count * 20
      return app.send('in', item(''), { type: 'in'.padEnd(2 + rest, 'n'), headers: Object.fromEntries(headers) })
    },
  },
  {
    name: 'the source',
    limit: envelopeMax,
    isRefused: true,
    send: (app, size) => app.send('in', item(''), { source: '/'.repeat(size - 'in'.length - 'k'.length) }),
  },
  {
    name: 'data in a batch',
    limit: recordBytesMax,
    isRefused: true,
    async send(app, size) {
      const items = [item('one'), itemOf(size), item('two')].map((data, n) => ({ id: `b${n}`, data }))
      const { accepted, refused } = await app.ingest('in', { items })
      assert.equal(accepted, 3 - refused)
      if (refused > 0) throw Object.assign(new Error('refused'), { isRefused: true })
    },
  },
  {
    name: 'data that a stop makes',
    limit: recordBytesMax,
    isRefused: false,
    send: (app, size) => app.send('in', item('', { grows: size })),
  },
  {
    name: 'all children of a split',
    limit: Math.floor(unitDataBytesMax / 1000) - 100,
    blur: 100,
    isRefused: false,
    send: (app, size) => app.send('in', item('', { grows: size > 50_000 ? 50_000 : size, children: 1000 })),
  },
]

export const row: Row = {
  id: 'V2',
  title: 'events too large in any part, by a byte or a hundredfold: refused or given up, the rest rides',
  tiers: 'PN',
  isDivisible: true,
  run: (context) =>
    eachCase(
      context,
      async ({ number, seed }) => {
        const bus = buses[number % buses.length]!
        const size = sizes[Math.floor(number / buses.length) % sizes.length]!
        const part = parts[Math.floor(number / buses.length / sizes.length)]!
        try {
          await ride(part, size, bus, seed)
        } catch (cause) {
          throw new Error(`${part.name}, ${size}, on the ${bus} bus`, { cause })
        }
      },
      parts.length * sizes.length * buses.length,
    ),
}

async function ride(
  part: Part,
  size: (typeof sizes)[number],
  busName: (typeof buses)[number],
  seed: number,
): Promise<void> {
  const clock = new VirtualClock()
  const handled: Item[] = []
  const bus =
    busName === 'memory'
      ? memory({ recordBytesMax, handOver: 'bytes' })
      : embedded({ dir: '/data', partitions: 1, recordBytesMax })
  const platform = { clock, random: new SeededRandom(seed), disk: new SimDisk({ clock, log: false }) }
  const grow = (data: Item): unknown => {
    if (data.children !== undefined) return split(Array.from({ length: data.children }, () => itemOf(data.grows!)))
    return data.grows === undefined ? data : itemOf(data.grows)
  }
  const stops = [
    stopOf('grow', grow, { policy: { attempts: 1 } }),
    stopOf('keep', (data: Item) => void handled.push(data), { outSchema: undefined }),
  ]
  const starting = startApp(
    { name: 'app', publishes: [], codeVersion: 'test', entries: [entryOf('in', lineOf('main', ...stops))] },
    { bus, platform, log: silentLog, socket: false, blockedAfter: 0 },
  )
  await clock.advance(10)
  const app = await starting
  app.stopped.catch(() => undefined)

  const bytes =
    { 'limit - 1': -1, limit: 0, 'limit + 1': 1 + (part.blur ?? 0), '100 limits': 99 * part.limit }[size] + part.limit
  const before = app.send('in', item('before'))
  const sent = part.send(app, bytes).then(
    () => 'taken',
    (error: unknown) => (isTooLarge(error) ? 'refused' : String(error)),
  )
  const after = app.send('in', item('after'))
  await clock.advance(5000)

  const isLarge = bytes > part.limit
  assert.equal(await sent, isLarge && part.isRefused ? 'refused' : 'taken')
  await Promise.all([before, after])
  assert.ok(app.health().live, app.health().reasons.join())
  const pads = handled.map(({ pad }) => pad)
  for (const pad of ['before', 'after']) assert.ok(pads.includes(pad), `the event ${pad} it has ridden`)
  const letters = (await app.deadLetters.list()).map(({ cause }) => cause)
  assert.deepEqual(letters, isLarge && !part.isRefused ? ['MB_TOO_LARGE'] : [])
  const stopped = app.stop()
  await clock.advance(5000)
  await stopped
}

const isTooLarge = (error: unknown): boolean =>
  isMetrobusError(error, 'MB_TOO_LARGE') || (error as { readonly isRefused?: boolean }).isRefused === true
