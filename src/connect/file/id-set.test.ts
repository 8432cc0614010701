import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { IdSet } from './id-set.ts'
import { murmur128 } from './murmur128.ts'

test('says what a set of texts says', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { maxLength: 200 }), fc.nat(), (texts, seed) => {
      const ids = new IdSet(seed)
      const known = new Set<string>()
      for (const text of texts) {
        assert.equal(ids.has(text), known.has(text))
        assert.equal(ids.add(text), !known.has(text))
        known.add(text)
      }
      assert.equal(ids.size, known.size)
    }),
  )
})

test('keeps what it has while it grows', () => {
  const ids = new IdSet(7)
  for (let n = 0; n < 50_000; n++) assert.equal(ids.add(`id:${n}`), true)

  for (let n = 0; n < 50_000; n++) assert.equal(ids.has(`id:${n}`), true)
  for (let n = 50_000; n < 60_000; n++) assert.equal(ids.has(`id:${n}`), false)
  assert.equal(ids.size, 50_000)
})

test('hashes as MurmurHash3_x86_128 does over the bytes of the text', () => {
  assert.equal(verificationOf(reference), 0xb3ece62a, 'the reference is not MurmurHash3_x86_128')
  const words = new Uint32Array(4)
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.nat(2 ** 32 - 1), (text, seed) => {
      murmur128(text, seed, words)
      assert.deepEqual([...words], reference(Buffer.from(text, 'utf16le'), seed))
    }),
  )
})

/** The check of SMHasher, the author's test suite: one number for each kind of hash. */
function verificationOf(hash: (bytes: Uint8Array, seed: number) => readonly number[]): number {
  const bytesOf = (words: readonly number[]): Uint8Array => new Uint8Array(new Uint32Array(words).buffer)
  const hashes = Array.from({ length: 256 }, (_, length) =>
    bytesOf(
      hash(
        Uint8Array.from({ length }, (_, index) => index),
        256 - length,
      ),
    ),
  )
  return hash(Buffer.concat(hashes), 0)[0]!
}

/** Byte by byte and with big integers, after the author's description. */
function reference(bytes: Uint8Array, seed: number): readonly number[] {
  const u32 = (value: bigint): bigint => value & 0xffffffffn
  const rotated = (value: bigint, bits: bigint): bigint => u32((value << bits) | (value >> (32n - bits)))
  const c = [0x239b961bn, 0xab0e9789n, 0x38b34ae5n, 0xa1e38b93n]
  const add = [0x561ccd1bn, 0x0bcaa747n, 0x96cd1c35n, 0x32ac3b17n]
  const spins = [15n, 16n, 17n, 18n]
  const turns = [19n, 17n, 15n, 13n]
  const h = Array.from({ length: 4 }, () => BigInt(seed >>> 0))
  const mix = (lane: number, word: bigint): bigint =>
    u32(rotated(u32(word * c[lane]!), spins[lane]!) * c[(lane + 1) % 4]!)
  const wordAt = (at: number): bigint =>
    [3, 2, 1, 0].reduce((word, index) => (word << 8n) | BigInt(bytes[at + index] ?? 0), 0n)
  const tail = bytes.length - (bytes.length % 16)
  for (let at = 0; at < tail; at += 16)
    for (let lane = 0; lane < 4; lane++) {
      h[lane]! ^= mix(lane, wordAt(at + lane * 4))
      h[lane] = u32(u32(rotated(h[lane]!, turns[lane]!) + h[(lane + 1) % 4]!) * 5n + add[lane]!)
    }
  for (let lane = 0; lane < 4; lane++) h[lane]! ^= mix(lane, wordAt(tail + lane * 4)) ^ BigInt(bytes.length)
  const sum = (): void => {
    h[0] = u32(h[0]! + h[1]! + h[2]! + h[3]!)
    for (const lane of [1, 2, 3]) h[lane] = u32(h[lane]! + h[0])
  }
  const finished = (value: bigint): bigint => {
    const first = u32((value ^ (value >> 16n)) * 0x85ebca6bn)
    const second = u32((first ^ (first >> 13n)) * 0xc2b2ae35n)
    return second ^ (second >> 16n)
  }
  sum()
  for (const lane of [0, 1, 2, 3]) h[lane] = finished(h[lane]!)
  sum()
  return h.map(Number)
}
