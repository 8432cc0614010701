import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { digestOf } from './console.ts'

test('the console is stale when a source of it has changed, come or gone, and not for its own build', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'metrobus-console-'))
  t.after(() => rmSync(root, { recursive: true }))
  const write = (file: string, text: string): string => {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
    return digestOf(root)
  }

  const digests = [
    write('console/src/map/page.tsx', 'a page'),
    write('console/src/map/page.tsx', 'another page'),
    write('console/vite.config.ts', 'how it is built'),
    write('src/metro-map/layout.ts', 'a layout'),
    write('package-lock.json', '{}'),
  ]

  assert.equal(new Set(digests).size, digests.length)
  assert.equal(write('console/dist/index.html', 'what was built'), digests.at(-1))
  rmSync(join(root, 'console/src/map/page.tsx'))
  assert.notEqual(digestOf(root), digests.at(-1))
})
