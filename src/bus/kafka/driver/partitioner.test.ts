import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { murmur2 as murmur2OfClient } from '@platformatic/kafka'
import { SeededRandom } from '../../../testing/seeded-random.ts'
import { murmur2, partitionOf } from './partitioner.ts'

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
    for (const [text, hash] of published) assert.equal(murmur2(Buffer.from(text)), hash, text)
  })

  test('is that of the client, for bytes of any kind and length', () => {
    const random = new SeededRandom(20_261_121)
    for (let length = 0; length < 200; length++) {
      const bytes = Buffer.from(Array.from({ length }, () => Math.floor(random.next() * 256)))
      assert.equal(murmur2(bytes), murmur2OfClient(bytes), bytes.toString('hex'))
    }
  })

  test('is never negative, and the same for text and its bytes', () => {
    for (const [text] of published) {
      assert.equal(partitionOf(text, 6), partitionOf(Buffer.from(text), 6))
      assert(partitionOf(text, 6) >= 0)
    }
    assert.equal(partitionOf('foobar', 100), ((-790_332_482 & 0x7fff_ffff) >>> 0) % 100)
  })
})
