/**
 * What the console costs, printed and never asserted: time of the page's main thread from a trace of the browser, as the processor counts it, and of the app for each look. Each
 * is the smallest of some rounds: what a busy machine adds is not the page's.
 */
import { suite, test } from 'node:test'
import type { Page } from 'playwright-core'
import * as z from 'zod'
import { Live } from '../../src/admin/live.ts'
import { entry, line, metrobus, stop } from '../../src/index.ts'
import { nodeClock } from '../../src/internal/platform/node.ts'
import { mapOf } from '../../src/itinerary/map.ts'
import { fill, stage } from './stage.ts'
import type { Stage } from './stage.ts'

const rounds = 4
const Item = z.object({ id: z.string() })

/** 50 lines of 20 stops each, through 500 stops: every stop stands on two lines. */
function largeMap() {
  const stops = Array.from({ length: 500 }, (_, index) =>
    stop(`stop-${index}`, { in: Item, out: Item }, (item) => item),
  )
  const entries = Array.from({ length: 50 }, (_, index) => {
    const own = Array.from({ length: 20 }, (_, at) => stops[(index * 10 + at) % 500]!)
    const through = own.slice(0, -1).reduce((route, next) => route.via(next) as never, line(`line-${index}`))
    return entry(`entry-${index}`, { in: Item, route: through.to(own.at(-1)!) })
  })
  return mapOf(metrobus('large', { entries }).definition)
}

interface TraceEvent {
  readonly name: string
  readonly tid: number
  readonly pid: number
  /** Microseconds, of the thread's own clock. */
  readonly tdur?: number
  readonly args?: { readonly name?: string; readonly data?: { readonly url?: string } }
}

interface Cost {
  /** Milliseconds of the main thread. */
  readonly mainMs: number
  readonly frames: number
}

/** What the main thread of a page does meanwhile. */
async function costOf(page: Page, run: () => Promise<void>): Promise<Cost> {
  const browser = page.context().browser()!
  await browser.startTracing(page, {
    categories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline', '__metadata'],
  })
  await run()
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    readonly traceEvents: readonly TraceEvent[]
  }
  const threads = traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
  const costs = threads.map((thread) => {
    const own = traceEvents.filter(({ pid, tid }) => pid === thread.pid && tid === thread.tid)
    const tasks = own.filter(({ name }) => name === 'RunTask' || name === 'ThreadControllerImpl::RunTask')
    return {
      mainMs: tasks.reduce((sum, { tdur = 0 }) => sum + tdur, 0) / 1000,
      frames: own.filter(({ name }) => name === 'Commit').length,
    }
  })
  // The browser keeps a spare renderer, which does next to nothing.
  return costs.toSorted((one, other) => other.mainMs - one.mainMs)[0]!
}

const least = (values: readonly number[]): string => Math.min(...values).toFixed(1)

/** Opens the map `rounds` times, of the app or of a large one, and waits until all its stations stand there. */
async function opening(on: Stage, large: object | undefined, stations: number) {
  const costs: (Cost & { readonly usableMs: number })[] = []
  for (let round = 0; round < rounds; round++) {
    const page = await on.open('#/nowhere')
    if (large !== undefined) await page.route('**/v1/map', (route) => route.fulfill({ json: large }))
    let usableMs = 0
    const cost = await costOf(page, async () => {
      await page.goto(`${on.url}?${round}`)
      await page.waitForFunction((count) => document.querySelectorAll('.station.stop').length >= count, stations)
      usableMs = await page.evaluate(() => performance.now())
    })
    costs.push({ ...cost, usableMs })
    await page.context().close()
  }
  return costs
}

suite('what the console costs', () => {
  test('opening, drawing and panning', async (t) => {
    await using on = await stage()
    await fill(on.app, 300)
    const small = await opening(on, undefined, 5)
    t.diagnostic(
      `the map of a running app is usable after ${least(small.map(({ usableMs }) => usableMs))} ms by the clock, ${least(small.map(({ mainMs }) => mainMs))} ms of the main thread`,
    )
    const large = largeMap()
    const drawn = await opening(on, large, 500)
    const [one, other] = [small, drawn].map((costs) => Math.min(...costs.map(({ mainMs }) => mainMs)))
    t.diagnostic(
      `500 stops and 50 lines: ${other!.toFixed(1)} ms of the main thread to open, ${(other! - one!).toFixed(1)} ms more than five stops`,
    )

    const page = await on.open('#/nowhere')
    await page.route('**/v1/map', (route) => route.fulfill({ json: large }))
    await page.goto(`${on.url}?panned`)
    await page.waitForFunction(() => document.querySelectorAll('.station.stop').length >= 500)
    const panned: number[] = []
    let frames = 0
    for (let round = 0; round < rounds; round++) {
      const cost = await costOf(page, async () => {
        await page.mouse.move(900, 500)
        await page.mouse.down()
        for (let step = 0; step < 60; step++) await page.mouse.move(900 - step * 8, 500 - step * 3)
        await page.mouse.up()
      })
      panned.push(cost.mainMs / Math.max(1, cost.frames))
      frames += cost.frames
    }
    t.diagnostic(`panning it: ${least(panned)} ms of the main thread a frame, ${frames} frames in ${rounds} rounds`)
    await page.context().close()
  })

  test('one who looks on', async (t) => {
    await using on = await stage()
    await fill(on.app, 2_000)
    const looks = 500
    const costs: number[] = []
    for (let round = 0; round < rounds; round++) {
      const before = process.cpuUsage().user
      // Each is a look of its own: those who look on at the same time share one.
      for (let look = 0; look < looks; look++) JSON.stringify(await new Live(on.app, nodeClock).now())
      costs.push((process.cpuUsage().user - before) / 1000 / looks)
    }
    const ms = Math.min(...costs)
    t.diagnostic(
      `a look at the app, one a second: ${ms.toFixed(3)} ms of the processor, ${(ms / 10).toFixed(3)} % of one core`,
    )
  })
})
