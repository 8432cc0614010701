/**
 * A life of an app on the embedded bus and a simulated disk, and the judgement of every image that a crash may leave of it: what was acknowledged is there, what had an
 * effect is not taken back, what a stop has settled has gone on, and nothing is there twice.
 */
import assert from 'node:assert/strict'
import { embedded } from '../../src/bus/embedded/index.ts'
import { silentLog } from '../../src/internal/log.ts'
import { startApp } from '../../src/runtime/start.ts'
import { SeededRandom, SimDisk, VirtualClock, crashImages } from '../../src/testing/index.ts'
import type { CrashImage, CrashImageOptions } from '../../src/testing/index.ts'
import { entryOf, lineOf, stopOf } from '../runtime/harness.ts'

const dir = '/data'
const partitions = 2
/** The topics that an event goes through, in order. */
const way = ['app.pure', 'app.effect', 'app.ended']

interface Noted {
  readonly ride: string
  /** Operations of the disk that had been done by then. */
  readonly operations: number
}

/** What is known of a life. */
export interface BusLife {
  readonly disk: SimDisk
  readonly acknowledged: readonly Noted[]
  /** What the stop with effects was given. */
  readonly effects: readonly Noted[]
}

const busOn = (): ReturnType<typeof embedded> =>
  embedded({ dir, partitions, segmentBytes: 64 * 1024, reserveBytes: 0, cacheBytesMax: 64 * 1024 })

/** Sends for a while into a stop without effects and one with; then dies, or stops. */
export async function liveOnBus(seed: number, events: number): Promise<BusLife> {
  const random = new SeededRandom(seed)
  const clock = new VirtualClock()
  const disk = new SimDisk({ clock })
  const acknowledged: Noted[] = []
  const effects: Noted[] = []
  const note = (list: Noted[], ride: string): void => void list.push({ ride, operations: disk.operations.length })
  const stops = [
    stopOf('pure', (data: object) => (random.chance(0.5) ? data : { ...data, more: random.below(1000) }), {
      hasEffects: false,
    }),
    stopOf('effect', (_: object, { event }) => note(effects, event.ride), { outSchema: undefined }),
  ]
  const starting = startApp(
    { name: 'app', publishes: [], codeVersion: 'test', entries: [entryOf('in', lineOf('main', ...stops))] },
    { bus: busOn(), platform: { clock, random: random.fork(), disk }, log: silentLog, socket: false, blockedAfter: 0 },
  )
  await clock.advance(10)
  const app = await starting
  disk.fail(({ name }) => (name === 'sync' ? { delayMs: random.below(5) } : undefined))
  for (let n = 0; n < events; n++) {
    const sent = app.send('in', { key: `k${n % 5}`, pad: 'x'.repeat(random.below(400)) }, { id: `e${n}` })
    sent.then(
      ({ id }) => note(acknowledged, id),
      () => {},
    )
    if (random.chance(0.4)) await clock.advance(random.below(8))
  }
  await clock.advance(100)
  if (random.chance(0.5)) {
    const stopped = app.stop()
    await clock.advance(1000)
    await stopped
  }
  disk.halt()
  return { disk, acknowledged, effects }
}

/** Opens and judges the images of a life, as long as more are wanted; throws at the first one that breaks a promise, and names it. */
export async function judgeBusImages(
  life: BusLife,
  options: CrashImageOptions,
  judged: () => Promise<boolean>,
): Promise<void> {
  for (const image of crashImages(life.disk, options)) {
    try {
      await judge(life, image)
    } catch (cause) {
      throw new Error(image.name, { cause })
    }
    if (!(await judged())) return
  }
}

async function judge({ acknowledged, effects }: BusLife, image: CrashImage): Promise<void> {
  const bus = busOn()
  await bus.open({ clock: new VirtualClock(), random: new SeededRandom(1), disk: image.mount({ log: false }) })
  const { inspector } = bus
  const known = new Set((await inspector.topics()).map(({ topic }) => topic))
  const positions = (await inspector.groups()).find(({ group }) => group === 'app')?.positions ?? []
  const places = new Map<string, ReadonlySet<string>>()
  for (const topic of way) {
    const rides: string[] = []
    for (let partition = 0; partition < partitions && known.has(topic); partition++)
      rides.push(...(await inspector.read(topic, partition, 0, 100_000)).map(({ ride }) => ride))
    assert.equal(new Set(rides).size, rides.length, `${topic} holds an event twice: ${rides.join()}`)
    places.set(topic, new Set(rides))
  }
  const by = (notes: readonly Noted[]): readonly Noted[] =>
    notes.filter(({ operations }) => operations <= image.completed)
  for (const { ride } of by(acknowledged)) assert.ok(places.get('app.pure')!.has(ride), `${ride} was acknowledged`)
  for (const { ride } of by(effects)) assert.ok(places.get('app.effect')!.has(ride), `${ride} had its effect`)
  for (const [index, topic] of way.slice(0, -1).entries()) {
    const settled = positions.filter((position) => position.topic === topic).map(settledIn)
    const gone = settled.reduce((sum, count) => sum + count, 0)
    assert.equal(gone, places.get(way[index + 1]!)!.size, `what is settled in ${topic} is what has gone on`)
  }
  await bus.close()
}

/** How many events a position has settled. */
function settledIn({ watermark, above }: { readonly watermark: number; readonly above: readonly number[] }): number {
  let count = watermark
  for (let index = 0; index < above.length; index += 2) count += above[index + 1]! - above[index]!
  return count
}
