/** What `npm ci` brings onto a machine. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './pack.ts'

interface Locked {
  readonly version?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly link?: boolean
  readonly hasInstallScript?: boolean
}

const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'))
const locked: Readonly<Record<string, Locked>> = read('package-lock.json').packages
const own = new Set(['', 'tools/node'])
const foreign = Object.entries(locked).filter(([path, { link }]) => !own.has(path) && link !== true)

test('every package of the lockfile has a version and a checksum, on all platforms', () => {
  const faulty = foreign.filter(([, { version, integrity }]) => !version || !integrity)
  assert.deepEqual(faulty, [])
})

test('the lockfile names no host', () => {
  const hosted = foreign.filter(([, { resolved }]) => resolved !== undefined)
  assert.deepEqual(hosted, [])
})

test('no package runs a script when it is installed', () => {
  const scripted = foreign.filter(([, { hasInstallScript }]) => hasInstallScript)
  assert.deepEqual(scripted, [])
})

test('Node for development is one exact version on every platform', () => {
  const { optionalDependencies } = read('tools/node/package.json')
  const versions = new Set(Object.values<string>(optionalDependencies))
  assert.equal(versions.size, 1)
  assert.match([...versions][0] ?? '', /^24\.\d+\.\d+$/)
})

test('development tools are pinned to a version', () => {
  for (const [name, version] of Object.entries<string>(read('package.json').devDependencies))
    assert.match(version, /^\d+\.\d+\.\d+$/, name)
})
