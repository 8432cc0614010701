import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { flowsOf } from '../../console/src/map/flows.ts'
import type { StationState } from '../../console/src/map/station-state.ts'
import { entry, line, metrobus, stop, topic } from '../../src/index.ts'
import { mapOf } from '../../src/itinerary/map.ts'
import { layOut } from '../../src/metro-map/layout.ts'
import { networkOf } from '../../src/metro-map/network.ts'
import { shop } from './shop.ts'

const shopLayout = layOut(networkOf([mapOf(shop().definition)]))

/** A second of the shop: what comes and goes, by stop. */
function flows(
  rates: Readonly<Record<string, readonly [came: number, went: number]>>,
  accepted: number,
  layout = shopLayout,
) {
  const still = {
    waiting: 0,
    oldestMs: 0,
    inFlight: 0,
    parkedKeys: 0,
    dead: 0,
    p50Ms: 0,
    p95Ms: 0,
    p99Ms: 0,
    word: 'idle',
  } as const
  const states = new Map<string, StationState>(
    Object.entries(rates).map(([stop, [came, went]]) => [
      stop,
      { ...still, rate: { in: came, out: went, retried: 0, dead: 0 } },
    ]),
  )
  const found = flowsOf(layout, states, accepted)
  return (from: string, to: string) =>
    Math.round(
      layout.legs.reduce(
        (sum, leg, index) => sum + (leg.from.endsWith(`/${from}`) && leg.to.endsWith(to) ? found[index]! : 0),
        0,
      ),
    )
}

test('a line that nothing has used is empty, though both its ends are busy', () => {
  const flow = flows({ price: [40, 40], charge: [40, 40], wrap: [40, 40], 'write-card': [0, 0], ship: [40, 0] }, 40)

  assert.equal(flow('stop:price', 'stop:charge'), 40)
  assert.equal(flow('stop:price', 'stop:ship'), 0)
  assert.equal(flow('stop:wrap', 'stop:ship'), 40)
  assert.equal(flow('stop:wrap', 'stop:write-card'), 0)
  assert.equal(flow('entry:orders', 'stop:price'), 40)
  assert.equal(flow('stop:ship', 'topic:sold'), 40)
})

test('what meets at a stop is told apart where the counts tell it', () => {
  const flow = flows({ price: [100, 90], charge: [30, 30], wrap: [30, 30], 'write-card': [10, 10], ship: [90, 0] }, 100)

  assert.equal(flow('stop:price', 'stop:charge'), 30)
  assert.equal(flow('stop:price', 'stop:ship'), 60)
  assert.equal(flow('stop:wrap', 'stop:write-card'), 10)
  assert.equal(flow('stop:wrap', 'stop:ship'), 20)
  assert.equal(flow('stop:write-card', 'stop:ship'), 10)
})

test('what an entry reads from a topic rides on, though nobody has sent it', () => {
  const orders = topic('orders', { schema: z.string() })
  const mail = entry('mail', { from: orders, route: line('mailing').to(stop('send', { in: z.string() }, () => {})) })
  const layout = layOut(networkOf([mapOf(metrobus('post', { entries: [mail] }).definition)]))

  assert.equal(flows({ send: [40, 0] }, 0, layout)('entry:mail', 'stop:send'), 40)
})

test('nothing rides while nothing is counted', () => {
  assert.equal(flows({}, 0)('entry:orders', 'stop:price'), 0)
})
