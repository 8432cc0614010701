import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import test from 'node:test'
import { resolveCapabilities } from './capabilities.ts'
import { busCases, plannedCases } from './conformance.ts'
import type { BusAbilities } from './conformance.ts'

const able: BusAbilities = {
  ...resolveCapabilities({ supportsRunAhead: true }),
  membersMax: 9,
  answersUnknown: true,
  canBePressed: true,
}
const durable = 'a bus opened again has every record, position and row'
const noFixture = (): Promise<never> => Promise.reject(new RangeError('no fixture'))

test('every case has a name of its own and quotes what it holds a bus to', () => {
  assert.equal(new Set(busCases.map(({ name }) => name)).size, busCases.length)
  for (const { promise } of busCases) assert.match(promise, /\.$/)
})

test('a bus that can do everything runs every case', () => {
  assert.equal(plannedCases({ abilities: able, fixture: noFixture, leftOut: {} }).length, busCases.length)
})

test('a case that cannot run is left out with a reason, and not without', () => {
  const abilities = { ...able, isDurable: false }
  assert.throws(() => plannedCases({ abilities, fixture: noFixture, leftOut: {} }), { code: 'MB_BAD_OPTIONS' })
  assert.throws(() => plannedCases({ abilities, fixture: noFixture, leftOut: { [durable]: '' } }), /no reason/)
  const planned = plannedCases({ abilities, fixture: noFixture, leftOut: { [durable]: 'it forgets' } })
  assert.deepEqual(
    busCases.map(({ name }) => name).filter((name) => !planned.some((one) => one.name === name)),
    [durable],
  )
})

test('a case that could run is not left out, nor one that does not exist', () => {
  for (const name of [durable, 'no such case'])
    assert.throws(
      () => plannedCases({ abilities: able, fixture: noFixture, leftOut: { [name]: 'we would rather not' } }),
      /could run/,
    )
})

test('a fixture is let go of also when its case fails', async () => {
  let ended = 0
  const fixture = async () => ({
    platform: undefined as never,
    make: () => assert.fail('cannot be made'),
    until: () => Promise.resolve(),
    end: async () => void ended++,
  })
  const [first] = plannedCases({ abilities: able, fixture, leftOut: {} })
  await assert.rejects(first!.run(), /cannot be made/)
  assert.equal(ended, 1)
})

test('every adapter runs the cases and says in writing what it guarantees', () => {
  // What a user can import has an index; a driver that is being built has none yet.
  const adapters = readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(import.meta.dirname, name))
    .filter((folder) => readdirSync(folder).some((name) => name === `index${extname(import.meta.filename)}`))
  assert.ok(adapters.length >= 2)
  for (const adapter of adapters) {
    const tests = readdirSync(adapter).filter((name) => name.endsWith(`.test${extname(import.meta.filename)}`))
    const texts = tests.map((name) => readFileSync(join(adapter, name), 'utf8'))
    assert.ok(
      texts.some((text) => text.includes('plannedCases({')),
      `${adapter} runs the cases`,
    )
    assert.match(readFileSync(join(adapter, 'README.md'), 'utf8'), /## Guarantees/)
  }
})
