import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import { after, before, suite, test } from 'node:test'
import { hostile, orderOf } from './shop.ts'
import { barriers, fill, picture, stage } from './stage.ts'
import type { Stage } from './stage.ts'

const pages = [
  '',
  '#/map?lines=shop%2Fline%3Agift',
  '#/stops/charge',
  '#/rides/o35',
  '#/rides?by=key&is=c-7',
  '#/topics',
  '#/topics/shop.charge',
  '#/topics/shop.charge?from=beginning&search=tea',
  '#/lag',
  '#/dead',
  '#/dead?stop=charge',
  '#/health',
  '#/audit',
] as const

suite('with live data', () => {
  let on: Stage
  before(async () => {
    on = await stage()
    await fill(on.app, 300)
  })
  after(() => on[Symbol.asyncDispose]())

  test('the map shows each stop on its lines, what waits for an operator, and the same as a table', async () => {
    const page = await on.open()
    await page.locator('.station.stop').first().waitFor()

    assert.deepEqual((await page.locator('.station.stop > text:first-of-type').allTextContents()).toSorted(), [
      'charge',
      'price',
      'ship',
      'wrap',
      'write-card',
    ])
    await page.locator('.depot text').waitFor()
    assert.equal(await page.locator('.depot text').textContent(), String((await on.app.deadLetters.list()).length))
    assert.equal(await page.locator('tbody tr').count(), 5)
    await page.context().close()
  })

  test('trains ride where events do, and stand for who has asked for less motion', async () => {
    const [page, calm] = [await on.open(), await on.open('', { reducedMotion: 'reduce' })]
    const sending = setInterval(() => void on.app.send('orders', { customer: 'c', item: 'tea', amount: 6 }), 20)
    try {
      await page.locator('.train:not([visibility])').first().waitFor({ state: 'attached' })
      await page.waitForFunction(() => Number(document.querySelector('td:nth-of-type(2)')?.textContent) > 1)
      await calm.waitForFunction(() => Number(document.querySelector('td:nth-of-type(2)')?.textContent) > 1)
      assert.equal(await calm.locator('.train').count(), 0)
      await picture(page, 'console-map')
    } finally {
      clearInterval(sending)
    }
    await page.context().close()
    await calm.context().close()
  })

  test('a line is brought out by its name in the legend, and stays so in a link', async () => {
    const page = await on.open()
    await page.getByRole('button', { name: 'gift', exact: true }).hover()
    await page.locator('.leg.is-chosen').first().waitFor()
    await page.getByRole('button', { name: 'gift', exact: true }).click()
    assert.equal(await page.locator('.leg.is-chosen').count(), 2)
    await page.reload()
    await page.locator('.leg.is-chosen').first().waitFor()
    assert.equal(await page.getByRole('button', { name: 'gift', exact: true }).getAttribute('aria-pressed'), 'true')
    await page.getByRole('button', { name: 'gift', exact: true }).click()
    await page.mouse.move(0, 0)
    await page.locator('.leg.is-chosen').first().waitFor({ state: 'detached' })
    await page.context().close()
  })

  test('rides are found by their key, and by the ride that began them', async () => {
    const page = await on.open('#/rides')
    await page.getByRole('combobox').selectOption('key')
    await page.getByRole('textbox', { name: 'What to look for' }).fill('c-7')
    await page.getByRole('button', { name: 'Find' }).click()
    await page.getByRole('link', { name: 'o57', exact: true }).waitFor()
    assert.equal(await page.locator('tbody tr').count(), 6)
    await page.getByRole('combobox').selectOption('flow')
    await page.getByRole('textbox', { name: 'What to look for' }).fill('o57')
    await page.getByRole('button', { name: 'Find' }).click()
    await page.getByRole('link', { name: 'o57', exact: true }).click()
    await page.getByRole('heading', { name: 'Ride o57' }).waitFor()
    await page.context().close()
  })

  test('a stop tells where it is declared, and what is allowed there', async () => {
    const page = await on.open('#/stops/charge')
    await page.getByText(/test\/console\/shop\.ts:\d+$/).waitFor()
    const facts = await page.locator('dl').last().textContent()
    assert.match(facts!, /Tries3/)
    assert.match(facts!, /A try may take1\.0 s/)
    await page.context().close()
  })

  test('a list is walked by its own keys, and Tab passes it by', async () => {
    const page = await on.open('#/topics/shop.price?from=beginning')
    await page.locator('.line').first().waitFor()
    await page.locator('.line .row').first().focus()
    const at = () =>
      page.evaluate(() => document.activeElement?.closest('[role=listitem]')?.getAttribute('aria-posinset'))
    const seen = [await at()]
    for (const key of ['ArrowDown', 'ArrowDown', 'End', 'ArrowUp', 'Home']) {
      await page.keyboard.press(key)
      await page.waitForFunction(
        (before) => document.activeElement?.closest('[role=listitem]')?.getAttribute('aria-posinset') !== before,
        seen.at(-1),
      )
      seen.push(await at())
    }
    const last = Number(seen[3])
    assert.ok(last >= 300)
    assert.deepEqual(seen, ['1', '2', '3', `${last}`, `${last - 1}`, '1'])
    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: 'The chosen row' }).waitFor()
    await page.context().close()
  })

  test('a record is shown raw, copied in three forms, and the found are exported whole', async () => {
    const page = await on.open('#/topics/shop.price?from=beginning&search=%22o12%22', {
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    await page.locator('.line .row').first().click()
    const copied = async (name: string): Promise<string> => {
      await page.getByRole('button', { name }).click()
      await page.locator('p.tools > span', { hasText: name }).getByText('copied').waitFor()
      return page.evaluate(() => navigator.clipboard.readText())
    }
    assert.deepEqual(JSON.parse(await copied('Copy JSON')), orderOf(12))
    assert.match(await copied('Copy test step'), /^\.when\(\{[^]*\}, \{"id":"o12","key":"c-12"\}\)$/)
    const url = /^curl '(.*)'$/.exec(await copied('Copy curl'))![1]!
    assert.equal(((await (await fetch(url)).json()) as { id: string }).id, 'o12')
    await page.getByRole('checkbox', { name: 'raw' }).check()
    assert.match((await page.locator('.json').textContent())!, /^\{"topic":"shop.price"/)
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export' }).click(),
    ])
    assert.equal(file.suggestedFilename(), 'shop.price.ndjson')
    const lines = (await text(await file.createReadStream())).trim().split('\n')
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { id: string }).id),
      ['o12'],
    )
    await page.context().close()
  })

  test('a ride is found by its id, and shows each visit and what it changed', async () => {
    const page = await on.open()
    await page.getByRole('searchbox').fill('o35')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: /Ride o35/ }).waitFor()

    assert.deepEqual(await page.locator('.hops b').allTextContents(), ['price', 'charge', 'wrap', 'write-card', 'ship'])
    await page.locator('.chip').first().waitFor()
    assert.deepEqual(await page.locator('.chip').allTextContents(), ['+added price', '+added note'])
    await page.locator('.hops .row').first().click()
    assert.deepEqual(await page.locator('.change > *').allTextContents(), ['added', 'price', '', '24'])
    await page.getByRole('heading', { name: /Ride/ }).click()
    await picture(page, 'console-ride')
    await page.locator('summary').click()
    await page.locator('.hops b', { hasText: 'sold' }).waitFor()
    await page.context().close()
  })

  test('an id that nobody knows is told so in words', async () => {
    const page = await on.open('#/rides/nobody')
    assert.match((await page.getByRole('alert').textContent())!, /no ride "nobody"/i)
    await page.context().close()
  })

  test('a topic is searched in what its records hold', async () => {
    const page = await on.open('#/topics/shop.charge')
    await page.locator('.line').first().waitFor()
    await page.getByRole('searchbox', { name: /Search in key/ }).fill('flaky')
    await page.getByRole('status').filter({ hasText: ' of ' }).waitFor()
    for (const text of await page.locator('.line .preview').allTextContents()) assert.match(text, /flaky/)
    await page.locator('.line .row').first().click()
    await page.getByRole('link', { name: 'The ride' }).click()
    await page.getByRole('heading', { name: /^Ride/ }).waitFor()
    await page.context().close()
  })

  test('a topic is searched in the app by an expression, and what cannot be read of it is told so', async () => {
    const page = await on.open('#/topics/shop.price')
    const where = page.getByRole('searchbox', { name: 'Where, in the whole topic' })
    await where.fill('data.item = "gift" and key = "c-35"')
    await where.press('Enter')
    await page
      .getByRole('status')
      .filter({ hasText: /^6 records, \d+ of \d+ looked through/ })
      .waitFor()
    assert.deepEqual(await page.locator('.key').allTextContents(), Array(6).fill('c-35'))
    await where.fill('data.item = gift')
    await where.press('Enter')
    await page.getByRole('alert').filter({ hasText: 'quotes' }).waitFor()
    await page.context().close()
  })

  test('what is appended is followed', async () => {
    const page = await on.open('#/topics/shop.price')
    await page.getByRole('checkbox', { name: 'follow' }).check()
    await page.locator('.line').first().waitFor()
    await on.app.send('orders', { customer: 'followed', item: 'tea', amount: 6 })
    await page.locator('.line .key', { hasText: 'followed' }).first().waitFor()
    await page.context().close()
  })

  for (const hash of pages)
    test(`${hash === '' ? 'the map' : hash} keeps nobody out, by light and in the dark`, async () => {
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await on.open(hash, { colorScheme })
        await page.locator('main h1, main figure').first().waitFor()
        assert.deepEqual(await barriers(page), [], colorScheme)
        await page.context().close()
      }
    })

  test('all of it is reached by keys alone', async () => {
    const page = await on.open()
    await page.locator('.station.stop').first().waitFor()
    const seen = new Set<string>()
    for (let press = 0; press < 60; press++) {
      await page.keyboard.press('Tab')
      seen.add(await page.evaluate(() => document.activeElement?.textContent?.trim() ?? ''))
    }
    for (const name of ['Topics', 'Dead letters', 'gift', 'Whole map', 'charge'])
      assert.ok(
        [...seen].some((text) => text.includes(name)),
        name,
      )
    await page.context().close()
  })
})

test('of 100,000 records in a topic those that are seen are drawn, and keys lead to the last', async () => {
  const records = 100_000
  await using on = await stage()
  for (let sent = 0; sent < records; sent += 1_000)
    await Promise.all(
      Array.from({ length: 1_000 }, (_, at) =>
        on.app.send('orders', { customer: `c-${at}`, item: 'tea', amount: 1 }, { id: `o${sent + at}` }),
      ),
    )
  await on.app.caughtUp()
  const page = await on.open('#/topics/shop.price?from=beginning')
  await page.locator(`[role=listitem][aria-setsize="${records}"]`).first().waitFor({ timeout: 60_000 })
  assert.ok((await page.locator('[role=listitem]').count()) < 200)
  await page.locator('.rows .row').first().focus()
  await page.keyboard.press('End')
  await page.waitForFunction(
    (last) => document.activeElement?.parentElement?.getAttribute('aria-posinset') === last,
    String(records),
  )
  await page.keyboard.press('Enter')
  await page.getByRole('region', { name: 'The chosen row' }).waitFor()
  assert.deepEqual(await barriers(page), [])
  await page.context().close()
})

suite('with hostile data', () => {
  let on: Stage
  before(async () => {
    on = await stage()
    await on.app.send('orders', { customer: hostile, item: 'flaky', amount: 6, note: hostile }, { id: 'evil' })
    await on.app.send('orders', { customer: 'big', item: 'tea', amount: 7, note: 'x'.repeat(900_000) }, { id: 'big' })
    await on.app.caughtUp()
  })
  after(() => on[Symbol.asyncDispose]())

  for (const hash of [
    '#/rides/evil',
    '#/topics/shop.charge',
    '#/dead',
    '#/stops/charge',
    '#/health',
    `#/rides?by=key&is=${encodeURIComponent(hostile)}`,
    `#/topics/shop.price?where=${encodeURIComponent(hostile)}`,
    `#/map?lines=${encodeURIComponent(hostile)}`,
    '#/rides/%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E',
  ])
    test(`${hash} shows it as text`, async () => {
      const page = await on.open(hash)
      await page.locator('main h1, main [role=alert]').first().waitFor()
      for (const row of (await page.locator('.row:not([disabled])').all()).slice(0, 5)) await row.click()
      await page
        .locator('.json')
        .first()
        .waitFor({ timeout: 2_000 })
        .catch(() => undefined)
      assert.equal(await page.evaluate(() => (globalThis as { hacked?: number }).hacked), undefined)
      assert.equal(await page.locator('main img, main script').count(), 0)
      await page.context().close()
    })

  test('a value of a megabyte is cut until it is asked for', async () => {
    const page = await on.open('#/rides/big')
    await page.locator('.hops .row').first().click()
    await page.getByRole('button', { name: 'Read the whole record' }).click()
    await page
      .getByRole('button', { name: /^Show all/ })
      .first()
      .click()
    await page.waitForFunction(() =>
      [...document.querySelectorAll('.json')].some((one) => one.textContent.length > 900_000),
    )
    await page.context().close()
  })
})

suite('with nothing', () => {
  test('every page says that there is nothing yet', async () => {
    await using on = await stage()
    for (const [hash, words] of [
      ['', /price/],
      ['#/dead', /None waits/],
      ['#/topics/shop.charge', /Nothing here/],
      ['#/stops/charge', /None waits/],
      ['#/rides', /Find rides/],
      ['#/rides?by=key&is=k', /0 rides/],
      ['#/lag', /Lag/],
      ['#/health', /Nothing: no stop fails/],
      ['#/audit', /No act waits/],
      ['#/stops/nobody', /no stop/],
      ['#/nowhere', /no page/],
    ] as const) {
      const page = await on.open(hash)
      await page.locator('main', { hasText: words }).waitFor()
      await page.context().close()
    }
  })
})
