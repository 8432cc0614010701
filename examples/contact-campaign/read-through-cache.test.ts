import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReadThroughCache } from './read-through-cache.ts'

const { signal } = new AbortController()

test('asks once for each key, also while the answer is on its way, and remembers that nobody knows it', async () => {
  const asked: string[] = []
  const cache = new ReadThroughCache<string>(
    async (key) => {
      asked.push(key)
      return key === 'unknown' ? undefined : key.toUpperCase()
    },
    { entriesMax: 10 },
  )

  const answers = await Promise.all(['a', 'a', 'unknown'].map(async (key) => cache.get(key, { signal })))

  assert.deepEqual(answers, ['A', 'A', undefined])
  assert.deepEqual([cache.get('a', { signal }), cache.get('unknown', { signal })], ['A', undefined])
  assert.deepEqual(asked, ['a', 'unknown'])
  assert.deepEqual([cache.hits, cache.misses], [3, 2])
})

test('forgets what was not asked for the longest', async () => {
  const cache = new ReadThroughCache<string>(async (key) => key, { entriesMax: 2 })
  for (const key of ['a', 'b', 'a', 'c']) await cache.get(key, { signal })

  const misses = cache.misses
  await cache.get('a', { signal })
  assert.equal(cache.misses, misses)
  await cache.get('b', { signal })
  assert.deepEqual([cache.misses, cache.size], [misses + 1, 2])
})

test('asks again after a look-up has failed', async () => {
  let fails = true
  const cache = new ReadThroughCache<string>(
    async (key) => {
      if (fails) throw new Error('not now')
      return key
    },
    { entriesMax: 2 },
  )

  await assert.rejects(async () => cache.get('a', { signal }))
  fails = false

  assert.equal(await cache.get('a', { signal }), 'a')
})
