/** What operators do from the console: each act is said in words first, and done at the second click. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { embedded } from '../../src/index.ts'
import { barriers, fill, picture, stage } from './stage.ts'
import type { Stage } from './stage.ts'

suite('dead letters', () => {
  let on: Stage
  before(async () => {
    on = await stage()
    await fill(on.app, 300)
  })
  after(() => on[Symbol.asyncDispose]())

  test('are replayed, mended and discarded, after it was said what will happen', async () => {
    const before = (await on.app.deadLetters.list({ cause: 'not-for-sale' })).length
    const page = await on.open('#/dead')
    await page.getByRole('link', { name: 'not-for-sale' }).click()
    await page.locator('summary').first().click()
    await picture(page, 'console-dead')
    await page.getByRole('button', { name: 'Edit and replay …' }).click()
    const data = page.getByRole('textbox', { name: 'Data' })
    await data.fill((await data.inputValue()).replace('forbidden', 'tea'))
    await page.getByRole('button', { name: /^Replay o\d+/ }).click()
    await page.waitForFunction((left) => document.querySelectorAll('summary').length === left, before - 1)
    await on.app.caughtUp()
    assert.equal((await on.app.deadLetters.list({ cause: 'not-for-sale' })).length, before - 1)

    await page.getByRole('link', { name: 'Dead letters' }).first().click()
    await page.getByRole('button', { name: /^Discard all/ }).click()
    await page.getByLabel('Why?').fill('seen in a test')
    await page.getByRole('button', { name: /^Discard all/ }).click()
    await page.getByText('None waits.').waitFor()
    assert.deepEqual(await on.app.deadLetters.list(), [])
    await page.context().close()
  })
})

test('a dead letter is tried on the current code, as it is and with other data, and nothing comes of it', async () => {
  await using on = await stage()
  await on.app.send('orders', { customer: 'c', item: 'gift', amount: 6, note: 'illegible' })
  await on.app.send('orders', { customer: 'd', item: 'forbidden', amount: 6 })
  await on.app.caughtUp()
  const page = await on.open('#/dead')
  await page.getByRole('link', { name: 'illegible' }).click()
  await page.locator('summary').first().click()
  await page.getByRole('button', { name: /^Try / }).click()
  await page.getByText('it would come to dead').waitFor()
  await page.getByRole('button', { name: 'Edit and replay …' }).click()
  const data = page.getByRole('textbox', { name: 'Data' })
  const text = await data.inputValue()
  await data.fill(text.replace('illegible', 'hello <i>you</i>'))
  await page.getByRole('button', { name: 'Try this' }).click()
  await page.getByText('it would come to forward').waitFor()
  await page.getByRole('heading', { name: /^To shop\.ship/ }).waitFor()
  await page.getByText('card: hello <i>you</i>').waitFor()
  assert.deepEqual(await barriers(page), [])
  await data.fill(text.replace('"amount"', '"count"'))
  await page.getByRole('button', { name: 'Try this' }).click()
  await page.getByText('The data does not fit its stop:').waitFor()
  await data.fill('{')
  await page.getByRole('button', { name: 'Try this' }).click()
  await page.getByRole('alert').waitFor()

  await page.goto(`${on.url}#/dead`)
  await page.getByRole('link', { name: 'not-for-sale' }).click()
  await page.locator('summary').first().click()
  await page.getByRole('button', { name: /^Try / }).click()
  await page.getByText('it was not run').waitFor()
  assert.equal((await on.app.deadLetters.list()).length, 2)
  await page.context().close()
})

test('the position of a stop is moved after it was said what that would do', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'metrobus-console-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  await using on = await stage(embedded({ dir, reserveBytes: 0 }))
  await fill(on.app, 20)
  const handled = (): number => on.app.stats().stops.find(({ stop }) => stop === 'ship')!.in
  const before = handled()
  const page = await on.open('#/stops/ship')
  await page.getByRole('button', { name: 'What would that do?' }).click()
  await page.getByRole('columnheader', { name: 'Handled again' }).waitFor()
  assert.equal(handled(), before)
  assert.deepEqual(await barriers(page), [])
  await page.getByRole('button', { name: 'Move ship' }).click()
  await page.getByText('Moved.').waitFor()
  await on.app.caughtUp()
  assert.equal(handled(), 2 * before)
  await page.getByRole('combobox', { name: /^To/ }).selectOption('offset')
  await page.getByRole('spinbutton', { name: 'Offset' }).fill('1000000')
  await page.getByRole('button', { name: 'What would that do?' }).click()
  await page.getByRole('button', { name: 'Move ship' }).waitFor()
  await page.context().close()
})

test('a stop and a line are paused with a reason, look so on the map, and are resumed', async () => {
  await using on = await stage()
  const page = await on.open('#/stops/charge')
  await page.getByRole('button', { name: 'Pause stop charge …' }).click()
  await page.getByLabel('Why?').fill('the bank <b>asks</b> for it')
  await page.getByRole('button', { name: 'Pause stop charge', exact: true }).click()
  await page.getByText('the bank <b>asks</b> for it').waitFor()
  await page.locator('h1 .word', { hasText: 'paused' }).waitFor()
  await on.app.send('orders', { customer: 'c', item: 'tea', amount: 6 }, { id: 'held' })
  assert.deepEqual(await barriers(page), [])

  await page.goto(`${on.url}#/map?lines=shop%2Fline%3Aletter`)
  await page.locator('.station.paused .barrier').waitFor()
  await page.locator('.station.paused .below', { hasText: 'paused, 1 waiting' }).waitFor()
  await page.locator('tr', { hasText: 'charge' }).getByText('paused').waitFor()
  await page.getByRole('button', { name: 'Pause line letter …' }).click()
  await page.getByRole('button', { name: 'Pause line letter', exact: true }).click()
  await page.locator('.station.paused', { hasText: 'ship' }).waitFor()
  assert.deepEqual(await barriers(page), [])
  await page.getByRole('button', { name: 'Resume line letter' }).click()
  await page.locator('.station.paused', { hasText: 'ship' }).waitFor({ state: 'detached' })

  await page.goto(`${on.url}#/stops/charge`)
  await page.getByRole('button', { name: 'Resume stop charge' }).click()
  await page.locator('h1 .word', { hasText: 'paused' }).waitFor({ state: 'detached' })
  await on.app.caughtUp()
  await page.context().close()
})
