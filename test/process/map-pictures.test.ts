/** The pictures beside the examples, which their pages show. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '../..')
const cli = join(root, 'src/cli/main.ts')
const pictures = globSync('examples/*/map.svg', { cwd: root })

test('each picture is that of the app as it is', async () => {
  assert.ok(pictures.length >= 3)
  for (const picture of pictures) {
    const { stdout } = await promisify(execFile)(process.execPath, [cli, 'map', dirname(picture), '--format', 'svg'], {
      cwd: root,
    })
    assert.equal(readFileSync(join(root, picture), 'utf8'), stdout, picture)
  }
})
