/** `metrobus store` as a stranger meets it: of an app that runs, and of the journal that it has left. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { command, Running } from './command.ts'
import type { Ended } from './command.ts'

const app = join(import.meta.dirname, 'programs/store-app.ts')
const json = ({ stdout }: Ended): unknown => JSON.parse(stdout)

for (const stores of ['memory', 'sqlite'])
  test(`rows of a store are read from a running app and from what it left (${stores})`, async (t) => {
    const cwd = mkdtempSync(join(tmpdir(), 'metrobus-cli-store-'))
    t.after(() => rmSync(cwd, { recursive: true, force: true }))
    const run = (...words: string[]): Promise<Ended> => command(words, { cwd })
    const running = new Running(['run', app, '--stores', stores], { cwd })
    t.after(() => running.kill('SIGKILL'))
    await running.until('stderr', /wordbook runs/)
    for (const [key, word] of [
      ['b', 'bee'],
      ['a', 'ant'],
      ['a', 'ape'],
    ] as const)
      await run('send', 'items', JSON.stringify({ key, word }), '--id', `${key}-${word}`)
    const ape = { key: 'a', value: { word: 'ape', count: 2 } }
    const bee = { key: 'b', value: { word: 'bee', count: 1 } }
    assert.deepEqual(json(await run('store', 'get', 'words', 'a', '--after', 'a-ape', '--json')), ape)
    assert.deepEqual(json(await run('store', 'range', 'words', '--limit', '1', '--json')), { rows: [ape], next: 'a' })
    running.kill('SIGTERM')
    await running.ended
    assert.deepEqual(json(await run('store', 'get', 'words', 'a', '--json')), ape)
    assert.deepEqual(json(await run('store', 'range', 'words', '--after', 'a', '--json')), { rows: [bee], next: null })
    const shown = await run('store', 'range', 'words')
    assert.match(shown.stdout, /a\s+\{"word":"ape","count":2\}/)
    const missing = await run('store', 'get', 'words', 'c')
    assert.notEqual(missing.code, 0)
    assert.match(missing.stderr, /row of the store "words"/)
  })
