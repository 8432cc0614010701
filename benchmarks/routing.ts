/** What a hop costs, by style of routing and length of the way. */
import { z } from 'zod'
import { conductor, entry, mapMaker, metrobus, stop } from '../src/index.ts'
import type { App, Stop } from '../src/index.ts'
import { line } from '../src/itinerary/line.ts'
import type { Line } from '../src/itinerary/line.ts'
import { endedTopic } from '../src/runtime/topics.ts'
import { choiceOf, numberOf, verify } from './bench.ts'
import type { Bench, BenchOptions } from './bench.ts'
import { buses } from './buses.ts'
import { inFolder } from './folder.ts'
import { sendAll } from './load.ts'
import { Finish, metered } from './meter.ts'
import { rounded } from './percentiles.ts'

const appName = 'routing'
const Step = z.object({ key: z.string(), text: z.string() })
type Step = z.infer<typeof Step>

type Hop = Stop<string, Step, Step>
type Style = 'map-maker' | 'conductor' | 'hard-wired'

export const routing: Bench = {
  name: 'routing',
  purpose: 'what a hop costs by style of routing',
  options: {
    style: { type: 'string', hint: 'map-maker (default), conductor or hard-wired' },
    stops: { type: 'string', hint: 'length of the line; default 3' },
    bus: { type: 'string', hint: 'embedded (default) or memory' },
    hops: { type: 'string', hint: 'how many in all; default 600000' },
  },
  run: (options) => inFolder((dir) => run(dir, options)),
}

async function run(dir: string, options: BenchOptions): Promise<Readonly<Record<string, unknown>>> {
  const style = choiceOf(options, 'style', ['map-maker', 'conductor', 'hard-wired'])
  const stops = numberOf(options, 'stops', 3)
  const bus = choiceOf(options, 'bus', ['embedded', 'memory'])
  const events = Math.ceil(numberOf(options, 'hops', 600_000) / stops)
  const passed = new Uint32Array(events)
  const finish = new Finish(events, () => {})
  const app = appOf(style, stops, (index) => passed[index]!++)
  const running = await app.start({
    bus: metered(buses[bus].open(dir, events * stops), endedTopic(appName), finish.onEnded),
  })
  const send = (index: number): Promise<unknown> =>
    running.send('steps', { key: `k-${index % 1000}`, text: String(index) })
  const startMs = performance.now()
  await Promise.race([Promise.all([sendAll(events, send), finish.done]), running.stopped])
  const ms = finish.lastMs - startMs
  await running.stop()
  verify(
    passed.every((count) => count === stops),
    `every event passed every one of the ${stops} stops once`,
  )
  return { bench: 'routing', style, stops, usPerHop: rounded((ms * 1000) / (events * stops)) }
}

function appOf(style: Style, count: number, pass: (index: number) => void): App {
  const handler = (step: Step): Step => {
    pass(Number(step.text))
    return step
  }
  const nameOf = (position: number): string => `stop-${position}`
  const route = routes[style](count, (position, next) => {
    const options = { in: Step, out: Step, effects: 'none' as const }
    return stop(nameOf(position), next === undefined ? options : { ...options, next }, handler)
  })
  return metrobus(appName, { entries: [entry('steps', { in: Step, key: (step) => step.key, route })] })
}

type MakeStop = (position: number, next?: Hop) => Hop

const routes = {
  'map-maker': (count: number, make: MakeStop) =>
    mapMaker('map', { lines: { all: lineOf(stopsOf(count, make)) }, choose: () => 'all' as const }),
  conductor: (count: number, make: MakeStop) => {
    const stops = stopsOf(count, make)
    const rules = stops.map(({ name }, index) => ({ after: stops[index - 1]?.name ?? 'entry', to: name }))
    return conductor('table', { stops, rules })
  },
  'hard-wired': (count: number, make: MakeStop) => {
    let next: Hop | undefined
    for (let position = count - 1; position >= 0; position--) next = make(position, next)
    verify(next !== undefined, 'there is at least one stop')
    return next
  },
}

const stopsOf = (count: number, make: MakeStop): readonly Hop[] =>
  Array.from({ length: count }, (_, position) => make(position))

/** A line of a length that is known only now, so its types are the same all along. */
function lineOf(stops: readonly Hop[]): Line<'steps', Step, Step> {
  let soFar: { via(stop: Hop): typeof soFar; to(stop: Hop): Line<'steps', Step, Step> } = line('steps')
  for (const hop of stops.slice(0, -1)) soFar = soFar.via(hop)
  return soFar.to(stops.at(-1)!)
}
