import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from './seeded-random.ts'

test('gives the same numbers for the same seed in every release', () => {
  const random = new SeededRandom(4711)

  const draws = [random.below(1000), random.below(1000), random.below(1000), random.id()]

  assert.deepEqual(draws, [911, 123, 189, '1tglnzmcmcbb5hadwodk'])
})

test('gives other numbers for another seed, also for a neighbour', () => {
  const firsts = new Set(Array.from({ length: 1000 }, (_, seed) => new SeededRandom(seed).next()))

  assert.equal(firsts.size, 1000)
})

test('draws evenly', () => {
  const random = new SeededRandom(1)
  const counts = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  for (let draw = 0; draw < 100_000; draw++) counts[random.below(10)]!++

  for (const count of counts) assert.ok(count > 9_600 && count < 10_400, `seed ${random.seed}: ${counts.join(' ')}`)
})

test('stays within its bounds', () => {
  const random = new SeededRandom(2)
  for (let draw = 0; draw < 10_000; draw++) {
    const number = random.next()
    const between = random.between(-2, 2)
    assert.ok(number >= 0 && number < 1)
    assert.ok(Number.isInteger(between) && between >= -2 && between <= 2)
  }
})

test('shuffles without loss', () => {
  const items = [1, 2, 3, 4, 5, 6, 7, 8]

  const shuffled = new SeededRandom(3).shuffle(items)

  assert.notDeepEqual(shuffled, items)
  assert.deepEqual(
    shuffled.toSorted((a, b) => a - b),
    items,
  )
})

test('forks, so that more draws in one part do not change another', () => {
  const draw = (extra: number): number => {
    const random = new SeededRandom(5)
    const part = random.fork()
    for (let count = 0; count < extra; count++) part.next()
    return random.next()
  }

  assert.equal(draw(0), draw(10))
})

test('makes ids as the platform does', () => {
  const random = new SeededRandom(6)

  assert.match(random.id(), /^[a-z0-5]{20}$/)
  assert.notEqual(random.id(), random.id())
})
