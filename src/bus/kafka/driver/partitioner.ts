/**
 * The partition of a key as Java's producer chooses it, so that what we write lies beside what a Java producer writes: murmur2 of
 * the key's bytes, its sign bit cleared, modulo the number of partitions.
 */

const seed = 0x9747b28c
const mixer = 0x5bd1e995

/** Kafka's murmur2, as a signed 32-bit integer. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes
  const whole = length & ~3
  let hash = seed ^ length
  for (let index = 0; index < whole; index += 4) {
    let word = bytes[index]! | (bytes[index + 1]! << 8) | (bytes[index + 2]! << 16) | (bytes[index + 3]! << 24)
    word = Math.imul(word, mixer)
    word ^= word >>> 24
    hash = Math.imul(hash, mixer) ^ Math.imul(word, mixer)
  }
  if (length !== whole) {
    let rest = 0
    for (let index = length - 1; index >= whole; index--) rest = (rest << 8) | bytes[index]!
    hash = Math.imul(hash ^ rest, mixer)
  }
  hash ^= hash >>> 13
  hash = Math.imul(hash, mixer)
  return hash ^ (hash >>> 15)
}

/** The partition of a key that is not null. Text is hashed as UTF-8. */
export function partitionOf(key: string | Uint8Array, partitions: number): number {
  const bytes = typeof key === 'string' ? Buffer.from(key) : key
  return (murmur2(bytes) & 0x7fff_ffff) % partitions
}
