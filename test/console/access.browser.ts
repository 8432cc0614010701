/** The console where not everybody may look: a token opens it, what a role may not do is told, and acts that take two are approved in it. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Role } from '../../src/admin/identity.ts'
import { serveAdmin } from '../../src/admin/index.ts'
import { Tokens } from '../../src/admin/tokens.ts'
import { nodeDisk } from '../../src/internal/platform/node-disk.ts'
import { nodeClock } from '../../src/internal/platform/node.ts'
import { barriers, fill, stage } from './stage.ts'

test('a token opens the console, one proposes and another approves, and an auditor reads of it', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'metrobus-access-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const path = join(dir, 'tokens.json')
  const tokens = new Tokens(nodeDisk, nodeClock, path)
  const tokenOf = (name: string, roles: readonly Role[]): Promise<string> =>
    tokens.create(
      { name, roles, payloads: true, expiresAt: Date.now() + 3_600_000 },
      { id: name.padEnd(12, '0'), secret: randomBytes(32) },
    )
  await using on = await stage()
  await fill(on.app, 50)
  const served = await serveAdmin(on.app, {
    port: 0,
    console: true,
    access: { tokens: path },
    audit: join(dir, 'audit.log'),
    approvals: { pause: {} },
    requestsPerSecond: 1_000,
    log: { info() {}, warn() {}, error() {} },
  })
  const asWho = async (token: string, hash: string) => {
    const page = await on.open('#/nowhere')
    await page.goto(served.url + hash)
    await page.getByRole('heading', { name: 'Who asks?' }).waitFor()
    assert.deepEqual(await barriers(page), [])
    await page.getByRole('textbox', { name: 'Token' }).fill(token)
    await page.keyboard.press('Enter')
    return page
  }
  try {
    const ann = await asWho(await tokenOf('ann', ['operator']), '#/stops/charge')
    await ann.getByRole('button', { name: 'Pause stop charge …' }).click()
    await ann.getByRole('button', { name: 'Pause stop charge', exact: true }).click()
    await ann.getByRole('alert').waitFor()

    const bob = await asWho(await tokenOf('bob', ['operator', 'auditor']), '#/audit')
    await bob.getByRole('button', { name: 'Approve' }).click()
    await bob.getByText('approved by').waitFor()

    await ann.getByRole('button', { name: 'Pause stop charge …' }).click()
    await ann.getByRole('button', { name: 'Pause stop charge', exact: true }).click()
    await ann.locator('h1 .word', { hasText: 'paused' }).waitFor()

    await bob.reload()
    await bob.locator('tr', { hasText: 'pause' }).filter({ hasText: 'ann' }).first().waitFor()
    assert.deepEqual(await barriers(bob), [])
    await ann.goto(`${served.url}#/audit`)
    await ann.getByRole('alert').waitFor()
  } finally {
    await served.close()
  }
})
