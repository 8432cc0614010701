import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { conductor } from '../itinerary/conductor.ts'
import { routerOf } from '../itinerary/hard-wired.ts'
import { line } from '../itinerary/line.ts'
import { mapOf } from '../itinerary/map.ts'
import type { MetroMap } from '../itinerary/map.ts'
import { stop } from '../stop/stop.ts'
import { svgOf } from './map-picture.ts'

const Item = z.object({ id: z.string() })
const options = { in: Item, out: Item, effects: 'none' } as const
const topicOf = (name: string) => ({ kind: 'topic', name }) as const
const [asked, paid, told] = [topicOf('asked'), topicOf('paid'), topicOf('told')]

const lost = stop('lost', { in: Item }, () => {})
const weigh = stop('weigh', options, (item) => item)
const keep = stop('keep', { ...options, targets: { lost }, emits: [asked, told] }, (item) => item)
const pay = stop('pay', { in: Item, emits: [paid] }, () => {})

const post = stop('post', { in: Item }, () => {})

const system: readonly MetroMap[] = [
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
      { name: 'orders', router: conductor('any', { stops: [post], choose: () => null }), from: { topic: told } },
      { name: 'payments', router: routerOf(lost), from: { topic: paid } },
    ],
    publishes: [],
  }),
]
const picture = svgOf(system)

interface Rect {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const rects: readonly Rect[] = [
  ...picture.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g),
].map(([, x, y, width, height]) => ({ x: Number(x), y: Number(y), width: Number(width), height: Number(height) }))

const texts = [...picture.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, words]) => words)

test('each app is a box with its ways, and each topic stands between', () => {
  assert.equal(rects.length, 3 + 3)
  for (const name of ['order', 'payment', 'mail', 'asked', 'paid', 'told', 'weigh', 'keep may turn to'])
    assert.ok(texts.includes(name), name)
  // requests: weigh, keep; payments: keep; keep may turn to: lost; payment: pay; mail: post, lost.
  assert.equal(picture.match(/<circle /g)?.length, 7)
})

test('no two of them lie over each other, and all are in the picture', () => {
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(picture) ?? []

  for (const [index, one] of rects.entries()) {
    assert.ok(one.x >= 0 && one.y >= 0)
    assert.ok(one.x + one.width <= Number(width) && one.y + one.height <= Number(height))
    for (const other of rects.slice(index + 1))
      assert.ok(
        one.x + one.width <= other.x ||
          other.x + other.width <= one.x ||
          one.y + one.height <= other.y ||
          other.y + other.height <= one.y,
        `${JSON.stringify(one)} lies over ${JSON.stringify(other)}`,
      )
  }
})

test('there is an arrow for each topic that is told, and for each that is read', () => {
  assert.equal(picture.match(/Z" fill="/g)?.length, 3 + 4)
})

test('what stands in a name is no markup', () => {
  const map = mapOf({ name: 'one', entries: [{ name: 'in', router: routerOf(weigh), from: undefined }], publishes: [] })

  const drawn = svgOf([{ ...map, app: 'a <b> & c' }])

  assert.match(drawn, />a &lt;b&gt; &amp; c</)
})
