import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as z from 'zod'
import { conductor } from '../itinerary/conductor.ts'
import { routerOf } from '../itinerary/hard-wired.ts'
import { line } from '../itinerary/line.ts'
import { mapOf } from '../itinerary/map.ts'
import { stop } from '../stop/stop.ts'
import { coloursOf } from './colours.ts'
import { layOut, shortName } from './layout.ts'
import type { Layout, PlacedStation } from './layout.ts'
import { networkOf } from './network.ts'
import type { Network } from './network.ts'
import { pictureOf } from './picture.ts'

const Item = z.object({ id: z.string() })
const options = { in: Item, out: Item, effects: 'none' } as const
const topicOf = (name: string) => ({ kind: 'topic', name }) as const
const [asked, paid, told] = [topicOf('asked'), topicOf('paid'), topicOf('told')]

const lost = stop('lost', { in: Item }, () => {})
const weigh = stop('weigh', options, (item) => item)
const keep = stop('keep', { ...options, targets: { lost }, emits: [asked, told] }, (item) => item)
const pay = stop('pay', { in: Item, emits: [paid] }, () => {})
const post = stop('post', { in: Item }, () => {})
const call = stop('call', { in: Item }, () => {})

const system = networkOf([
  mapOf({
    name: 'order',
    entries: [
      { name: 'requests', router: line('placing').via(weigh).to(keep), from: undefined },
      { name: 'payments', router: routerOf(keep), from: { topic: paid } },
    ],
    publishes: [asked, told],
  }),
  mapOf({
    name: 'payment',
    entries: [{ name: 'orders', router: routerOf(pay), from: { topic: asked } }],
    publishes: [paid],
  }),
  mapOf({
    name: 'mail',
    entries: [
      { name: 'orders', router: conductor('any', { stops: [post, call], choose: () => null }), from: { topic: told } },
    ],
    publishes: [],
  }),
])

/** Lines over stops that others use too, forth and back: worse than what anybody writes. */
const networks: fc.Arbitrary<Network> = fc
  .record({
    stops: fc.integer({ min: 1, max: 60 }),
    lines: fc.array(fc.array(fc.nat(59), { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 9 }),
    names: fc.array(fc.string({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 5 }),
  })
  .map(({ stops, lines, names }) => {
    const stations = Array.from({ length: stops }, (_, index) => ({
      id: `app/stop:${index}`,
      kind: index % 11 === 10 ? ('topic' as const) : ('stop' as const),
      name: names[index % names.length]!,
      app: 'app',
    }))
    const routes = lines.map((_, index) => ({
      id: `line ${index}`,
      kind: 'line' as const,
      name: `${index}`,
      app: 'app',
    }))
    const legs = lines.flatMap((visited, index) => {
      const ids = visited.map((number) => `app/stop:${number % stops}`)
      return [...new Set(ids.slice(1).map((to, place) => `${ids[place]} ${to}`))].map((pair) => {
        const [from, to] = pair.split(' ') as [string, string]
        return { from, to, route: `line ${index}` }
      })
    })
    return { stations, routes, legs }
  })

interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

const signOf = ({ x, y, width, height }: PlacedStation): Box => ({
  left: x - width / 2,
  right: x + width / 2,
  top: y - height / 2,
  bottom: y + height / 2,
})

/** Where the name of a stop stands: a line through it would make it hard to read. */
function nameOf(station: PlacedStation): Box {
  const width = shortName(station.name).length * 6.5
  const { top } = signOf(station)
  return { left: station.x - width / 2, right: station.x + width / 2, top: top - 16, bottom: top - 5 }
}

const overlap = (one: Box, other: Box): boolean =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom

/** The points of a path, so close that nothing fits between two. */
function* pointsOf(path: string): Generator<{ readonly x: number; readonly y: number }> {
  const corners = [...path.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) }))
  for (const [index, from] of corners.entries()) {
    const to = corners[index + 1] ?? from
    const steps = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / 4))
    for (let step = 0; step <= steps; step++)
      yield { x: from.x + ((to.x - from.x) * step) / steps, y: from.y + ((to.y - from.y) * step) / steps }
  }
}

function* legible({ stations, legs, width, height }: Layout): Generator<string> {
  for (const [index, one] of stations.entries()) {
    const sign = signOf(one)
    if (sign.left < 0 || sign.right > width || sign.top < 0 || sign.bottom > height) yield `${one.id} is outside`
    for (const other of stations.slice(index + 1))
      if (overlap(sign, signOf(other))) yield `${one.id} lies over ${other.id}`
      else if (one.kind === 'stop' && other.kind === 'stop' && overlap(nameOf(one), nameOf(other)))
        yield `the names of ${one.id} and ${other.id} lie over each other`
  }
  for (const { from, to, path } of legs)
    for (const { x, y } of pointsOf(path)) {
      if (x < 0 || x > width || y < 0 || y > height) yield `the way from ${from} to ${to} leaves the picture`
      const point = { left: x - 1, right: x + 1, top: y - 1, bottom: y + 1 }
      for (const station of stations)
        if (station.id !== from && station.id !== to && overlap(point, signOf(station)))
          yield `the way from ${from} to ${to} runs through ${station.id}`
        else if (station.kind === 'stop' && overlap(point, nameOf(station)))
          yield `the way from ${from} to ${to} runs through the name of ${station.id}`
    }
}

test('a map of any shape is legible: nothing lies over anything, and no line runs through a stop or a name', () => {
  fc.assert(
    fc.property(networks, fc.integer({ min: 2, max: 20 }), (network, columnsMax) => {
      assert.deepEqual([...new Set(legible(layOut(network, { columnsMax })))].slice(0, 5), [])
    }),
    { numRuns: 200 },
  )
})

test('each leg of each route is drawn once, from its station to its station', () => {
  fc.assert(
    fc.property(networks, (network) => {
      const { legs, stations } = layOut(network)
      const key = ({ from, to, route }: { from: string; to: string; route: string }): string => `${from} ${to} ${route}`
      assert.deepEqual(legs.map(key).toSorted(), network.legs.map(key).toSorted())
      const placed = new Map(stations.map((station) => [station.id, station]))
      for (const { from, to, path } of legs) {
        const points = [...pointsOf(path)]
        for (const [id, point] of [
          [from, points.at(0)!],
          [to, points.at(-1)!],
        ] as const) {
          const { x, y, height } = placed.get(id)!
          assert.ok(Math.abs(point.x - x) < 0.2 && Math.abs(point.y - y) <= height / 2, `${path} ends at ${id}`)
        }
      }
    }),
    { numRuns: 100, examples: [[circles(8)]] },
  )
})

/** A stop that so many lines lead from and to: the innermost have next to no room to turn. */
function circles(count: number): Network {
  const routes = Array.from(
    { length: count },
    (_, n) => ({ id: `line ${n}`, kind: 'line', name: `${n}`, app: 'app' }) as const,
  )
  const stations = [{ id: 'app/stop:0', kind: 'stop', name: ' ', app: 'app' }] as const
  return { stations, routes, legs: routes.map(({ id }) => ({ from: 'app/stop:0', to: 'app/stop:0', route: id })) }
}

test('the same network has the same picture, and a line keeps its colour when others come', () => {
  fc.assert(
    fc.property(networks, (network) => {
      assert.equal(pictureOf(layOut(network)), pictureOf(layOut(structuredClone(network))))
    }),
    { numRuns: 30 },
  )
  const { routes } = system
  const colours = coloursOf(routes)
  const more = coloursOf([{ id: 'zoo/line:x', kind: 'line', name: 'x', app: 'zoo' }, ...routes])
  for (const [id, colour] of colours) assert.equal(more.get(id), colour)
})

test('a system is one network: topics belong to nobody, a turn to another line is a way of that line, and what apps tell is told', () => {
  assert.deepEqual(
    system.stations.map(({ id }) => id),
    [
      'order/entry:requests',
      'order/entry:payments',
      'order/stop:weigh',
      'order/stop:keep',
      'order/stop:lost',
      'topic:asked',
      'topic:told',
      'topic:paid',
      'payment/entry:orders',
      'payment/stop:pay',
      'mail/entry:orders',
      'mail/stop:post',
      'mail/stop:call',
    ],
  )
  const legsOf = (route: string) =>
    system.legs.filter((leg) => leg.route === route).map(({ from, to }) => `${from} ${to}`)
  assert.deepEqual(legsOf('order/line:placing'), [
    'order/entry:requests order/stop:weigh',
    'order/stop:weigh order/stop:keep',
  ])
  assert.deepEqual(legsOf('order/line:lost'), ['order/stop:keep order/stop:lost'])
  assert.deepEqual(legsOf('mail/conductor:any'), [
    'mail/entry:orders mail/stop:post',
    'mail/entry:orders mail/stop:call',
  ])
  assert.deepEqual(legsOf('order/told:order'), [
    'topic:paid order/entry:payments',
    'order/stop:keep topic:asked',
    'order/stop:keep topic:told',
  ])
})

test('names are text in the picture, and long ones are cut with the whole in the title', () => {
  const name = `<script>alert("&")</script>${'x'.repeat(200)}`
  const svg = pictureOf(layOut({ stations: [{ id: name, kind: 'stop', name, app: 'a' }], routes: [], legs: [] }))
  assert.ok(!svg.includes('<script'))
  assert.ok(svg.includes('&lt;script&gt;'))
  assert.ok(svg.includes(`${'x'.repeat(200)} of a</title>`))
  assert.ok(!svg.includes(`${'x'.repeat(200)}</text>`))
})

test('an app without stops is an empty picture', () => {
  const svg = pictureOf(layOut(networkOf([mapOf({ name: 'nothing', entries: [], publishes: [] })])))
  assert.match(svg, /^<svg [^>]*viewBox="0 0 \d+ \d+"/)
})
