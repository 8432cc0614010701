/** The options of the admin API that its page shows. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { adminOptions } from '../../src/cli/admin-options.ts'

const at = { host: '127.0.0.1', port: 7000 }

test('the file that the page shows is taken, with its paths from its own folder', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'metrobus-options-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const page = readFileSync(join(import.meta.dirname, '../../docs/how-to/secure-the-admin-api.md'), 'utf8')
  const path = join(folder, 'admin.json')
  writeFileSync(path, /^```json\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? '')

  const options = await adminOptions(at, { dir: join(folder, 'data'), app: 'shop', path })

  assert.equal(options.access?.tokens, join(folder, 'admin-tokens.json'))
  assert.equal(options.access?.jwt?.keys, 'https://id.example.com/keys')
  assert.equal(options.tls?.ca, join(folder, 'clients.pem'))
  assert.equal(options.audit, join(folder, 'data', 'shop.audit.ndjson'))
  assert.equal(options.traceUrl, 'https://traces.example.com/trace/{trace}')
  assert.deepEqual(options.approvals?.replay, { above: 100 })
})
