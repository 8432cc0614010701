/** A running shop, its console, and a browser that looks at it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { serveConsole } from '../../src/admin/index.ts'
import type { Bus } from '../../src/bus/bus.ts'
import { memory } from '../../src/index.ts'
import { orderOf, shop } from './shop.ts'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const quiet = { info() {}, warn() {}, error() {} }

export type Shop = Awaited<ReturnType<ReturnType<typeof shop>['start']>>

/** What a test is given. */
export interface Stage {
  readonly app: Shop
  readonly url: string
  /** A page that fails the test when a script fails in it, or its policy was offended. */
  readonly open: (hash?: string, options?: BrowserContextOptions) => Promise<Page>
  [Symbol.asyncDispose](): Promise<void>
}

export async function stage(bus: Bus = memory()): Promise<Stage> {
  const app = await shop().start({ bus, socket: false, log: quiet })
  const served = await serveConsole(app, { port: 0 })
  const browser: Browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
  const faults: string[] = []
  return {
    app,
    url: served.url,
    async open(hash = '', options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
      const page = await context.newPage()
      page.setDefaultTimeout(20_000)
      page.on('pageerror', (error) => faults.push(error.message))
      page.on('console', (message) => {
        // What is not there is told on the page.
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
          faults.push(message.text())
      })
      await page.goto(served.url + hash)
      return page
    },
    async [Symbol.asyncDispose]() {
      await browser.close()
      await served.close()
      await app.stop()
      assert.deepEqual(faults, [])
    },
  }
}

/** So many orders, all settled. */
export async function fill(app: Shop, count: number): Promise<void> {
  const sent = Array.from({ length: count }, (_, index) =>
    app.send('orders', orderOf(index + 1), { id: `o${index + 1}` }),
  )
  await Promise.all(sent)
  await app.caughtUp()
}

/** What axe finds on the page: rule and element. */
export async function barriers(page: Page): Promise<readonly string[]> {
  // Through the protocol of the debugger: the page's own policy lets no foreign script in.
  await page.evaluate(axe)
  const violations = await page.evaluate(async () => {
    const { violations } = await (
      globalThis as unknown as {
        readonly axe: {
          run(): Promise<{
            readonly violations: readonly {
              readonly id: string
              readonly nodes: readonly { readonly html: string }[]
            }[]
          }>
        }
      }
    ).axe.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
  })
  return violations
}

/** Taken anew with `PICTURES=1`, to be looked at and committed. */
export const picture = async (page: Page, name: string): Promise<void> => {
  if (process.env['PICTURES'] !== undefined)
    await page.screenshot({ path: join(import.meta.dirname, `../../docs/pictures/${name}.png`) })
}
