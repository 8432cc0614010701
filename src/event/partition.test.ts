import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { murmur2 } from '@platformatic/kafka'
import { SeededRandom } from '../testing/seeded-random.ts'
import { hashKey, partitionOf } from './partition.ts'

/** Apache Kafka, clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java, testMurmur2. */
const published: readonly (readonly [text: string, hash: number])[] = [
  ['21', -973_932_308],
  ['foobar', -790_332_482],
  ['a-little-bit-long-string', -985_981_536],
  ['a-little-bit-longer-string', -1_486_304_829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
  ['abc', 479_470_107],
]

suite('the partition of a key', () => {
  test("is that of the vectors of Java's own test", () => {
    for (const [text, hash] of published) assert.equal(hashKey(text), hash, text)
  })

  test('is that of a Kafka client, for keys of any characters and length', () => {
    const random = new SeededRandom(20_261_121)
    const alphabets = [
      ['a', 'b', 'z', '-', '0'],
      ['a', 'ä', 'ß', '€'],
      ['漢', 'か'],
      ['🚇', 'a'],
    ]
    for (let length = 0; length < 400; length++) {
      const alphabet = alphabets[length % alphabets.length]!
      const key = Array.from({ length }, () => alphabet[Math.floor(random.next() * alphabet.length)]).join('')
      assert.equal(hashKey(key), murmur2(Buffer.from(key)), key)
    }
  })

  test('is never negative', () => {
    for (const [text] of published) assert.ok(partitionOf(text, 6) >= 0)
    assert.equal(partitionOf('foobar', 100), ((-790_332_482 & 0x7fff_ffff) >>> 0) % 100)
  })
})
