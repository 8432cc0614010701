/** The admin API as a stranger meets it: a token, a port, an act, and the log of it. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { command, Running } from './command.ts'
import type { Ended } from './command.ts'

const app = join(import.meta.dirname, 'programs/store-app.ts')

test('a token is made, asks, and is revoked; what it did is in the log, and an edit of the log is found', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'metrobus-cli-admin-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  const run = (...words: string[]): Promise<Ended> => command(words, { cwd })

  const open = await run('run', app, '--admin', '0.0.0.0:0')
  assert.deepEqual([open.code, open.stderr.startsWith('MB_OPEN_ADMIN')], [1, true])
  const made = await run('admin', 'token', 'create', '--role', 'operator', '--name', 'ann', '--json')
  const { id, token } = JSON.parse(made.stdout) as { readonly id: string; readonly token: string }
  const running = new Running(['run', app, '--admin', '0'], { cwd })
  t.after(() => running.kill('SIGKILL'))
  await running.until('stderr', /wordbook runs/)
  const url = /The admin API is at (\S+)/.exec(running.stderr)?.[1] ?? ''
  const ask = (authorization?: string): Promise<Response> =>
    fetch(`${url}v1/entries/items/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
      body: JSON.stringify({ events: [{ data: { key: 'a', word: 'ant' } }] }),
    })

  assert.equal((await ask()).status, 401)
  assert.equal((await ask(`Bearer ${token}`)).status, 200)
  await run('send', 'items', '{"key":"b","word":"bee"}')
  assert.equal((await run('admin', 'token', 'revoke', id)).code, 0)
  assert.equal((await ask(`Bearer ${token}`)).status, 401)

  const log = join(cwd, 'data', 'wordbook.audit.ndjson')
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
  assert.deepEqual(
    lines.map((text) => JSON.parse(text) as { who: string; result: string }).map(({ who, result }) => [who, result]),
    [
      [null, 'denied'],
      ['ann', 'allowed'],
      ['ann', 'done'],
      ['this machine', 'allowed'],
      ['this machine', 'done'],
      [null, 'denied'],
    ],
  )
  const whole = await run('audit', 'verify', '--json')
  const { head } = JSON.parse(whole.stdout) as { readonly head: string }
  assert.equal(whole.code, 0)
  writeFileSync(log, `${lines.slice(0, 4).join('\n')}\n`)
  assert.deepEqual([(await run('audit', 'verify')).code, (await run('audit', 'verify', '--head', head)).code], [0, 3])
  writeFileSync(log, `${lines.with(1, lines[1]!.replace('ann', 'eve')).join('\n')}\n`)
  const edited = await run('audit', 'verify', log)
  assert.deepEqual([edited.code, /is damaged at line 2/.test(edited.stdout)], [3, true])
})

test('what is wrong with the options is said at once, and nothing is served', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'metrobus-cli-admin-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  writeFileSync(join(cwd, 'admin.json'), '{"access":{"jwt":{"issuer":"i"}},"masks":[{"path":"a"}],"rate":1}')

  const bad = await command(['run', app, '--admin', '0', '--admin-options', 'admin.json'], { cwd })
  const missing = await command(['run', app, '--admin', '0', '--admin-options', 'none.json'], { cwd })
  const address = await command(['run', app, '--admin', 'host:99999'], { cwd })

  assert.equal(bad.code, 1)
  for (const text of [/"access.jwt.audience" is missing/, /"path" is not known here/, /"rate" is not known here/])
    assert.match(bad.stderr, text)
  assert.deepEqual([missing.code, address.code], [4, 2])
})
