import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { InvalidArgumentError } from 'commander'
import { isMetrobusError } from '../errors/index.ts'
import { adminOptions } from './admin-options.ts'
import { address } from './parse.ts'

const at = { host: '127.0.0.1', port: 7000 }

test('an address is a port, or a host and a port', () => {
  assert.deepEqual(address('7000'), at)
  assert.deepEqual(address('0.0.0.0:0'), { host: '0.0.0.0', port: 0 })
  assert.deepEqual(address('[::1]:7000'), { host: '::1', port: 7000 })
  for (const bad of ['', 'x', ':7000', '7000:', '65536', '-1', '1.5', '::1:7000', 'http://a:7000', 'a b:1', '[]:1'])
    assert.throws(() => address(bad), InvalidArgumentError, bad)
})

test('tokens beside the journal count where the file says nothing else, and nobody is asked where there are none', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'metrobus-options-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const none = await adminOptions(at, { dir, app: undefined, path: undefined })
  writeFileSync(join(dir, 'admin-tokens.json'), '{}')
  const some = await adminOptions(at, { dir, app: undefined, path: undefined })

  assert.deepEqual([none.access, none.audit], [undefined, undefined])
  assert.deepEqual(some.access, { tokens: join(dir, 'admin-tokens.json') })
})

test('every fault of the file is told at once', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'metrobus-options-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const path = join(dir, 'admin.json')
  const faultOf = async (text: string): Promise<string> => {
    writeFileSync(path, text)
    try {
      await adminOptions(at, { dir, app: undefined, path })
      return ''
    } catch (error) {
      assert.ok(isMetrobusError(error, 'MB_BAD_OPTIONS'))
      return error.message
    }
  }
  assert.match(await faultOf('{'), /it is not JSON/)
  assert.match(await faultOf('[]'), /must be a JSON object/)
  const many = await faultOf(
    '{"masks":[{"paths":[]}],"approvals":{"purge":{},"replay":{"above":-1}},"tls":{"cert":"a"}}',
  )
  for (const text of [
    /masks\[0\].paths" must be a list/,
    /"purge" is not known/,
    /above" must be a whole/,
    /tls.key" is missing/,
  ])
    assert.match(many, text)
})
