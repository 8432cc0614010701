import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completions } from './completion.ts'
import { program } from './program.ts'

const topics = async (): Promise<readonly string[]> => [
  'campaign.archive',
  'campaign.archive.dlq',
  'campaign.ended',
  'orders',
]

async function after(...words: string[]): Promise<readonly string[]> {
  return completions(await program(async () => {}), words, topics)
}

test('offers subcommands that begin with what is typed', async () => {
  assert.deepEqual(await after('t'), ['tail', 'trace', 'topics'])
  assert.deepEqual(await after('dead', 'd'), ['discard'])
})

test('offers options, its own and the shared ones', async () => {
  assert.deepEqual(await after('tail', '--f'), ['--from'])
  assert.deepEqual(await after('tail', '--j'), ['--json'])
})

test('offers the choices of an option and of an argument', async () => {
  assert.deepEqual(await after('run', 'app.ts', '--bus', ''), ['embedded', 'memory'])
  assert.deepEqual(await after('completion', 'z'), ['zsh'])
})

test('offers topics and stops of the journal', async () => {
  assert.deepEqual(await after('tail', 'or'), ['orders'])
  assert.deepEqual(await after('dead', 'list', '--stop', ''), ['archive'])
})

test('offers nothing, so that the shell offers files, for the value of an option that is free', async () => {
  assert.deepEqual(await after('run', '--input', ''), [])
  assert.deepEqual(await after('topics', '--dir', 'd'), [])
})

test('offers no topics when there is no journal', async () => {
  const failing = (): Promise<readonly string[]> => Promise.reject(new TypeError('no journal'))

  assert.deepEqual(await completions(await program(async () => {}), ['tail', ''], failing), [])
})

test('does not offer what is hidden', async () => {
  assert.deepEqual(await after('completion', 'w'), [])
})
