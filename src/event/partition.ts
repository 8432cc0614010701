/**
 * Which partition a key belongs to: Kafka's default partitioner (murmur2 of the UTF-8 bytes, positive, modulo), so that the
 * same key lands on the same partition when an app moves to Kafka and when a Java producer writes beside it.
 * Source: Apache Kafka, `org.apache.kafka.common.utils.Utils.murmur2`.
 */
const seed = 0x9747b28c
const m = 0x5bd1e995
const encoder = new TextEncoder()
const scratch = new Uint8Array(768)

/** The partition of `key` among `partitions`. */
export function partitionOf(key: string, partitions: number): number {
  if (partitions === 1) return 0
  return (hashKey(key) & 0x7fffffff) % partitions
}

/** murmur2 of the key's UTF-8 bytes as a signed 32-bit integer. */
export function hashKey(key: string): number {
  if (key.length * 3 > scratch.length) {
    const bytes = encoder.encode(key)
    return murmur2(bytes, bytes.length)
  }
  let ascii = true
  for (let index = 0; index < key.length; index++) {
    const code = key.charCodeAt(index)
    if (code > 127) {
      ascii = false
      break
    }
    scratch[index] = code
  }
  return ascii ? murmur2(scratch, key.length) : murmur2(scratch, encoder.encodeInto(key, scratch).written)
}

function murmur2(bytes: Uint8Array, length: number): number {
  let hash = seed ^ length
  let index = 0
  for (; index + 4 <= length; index += 4) {
    let k = bytes[index]! | (bytes[index + 1]! << 8) | (bytes[index + 2]! << 16) | (bytes[index + 3]! << 24)
    k = Math.imul(k, m)
    k ^= k >>> 24
    k = Math.imul(k, m)
    hash = Math.imul(hash, m) ^ k
  }
  const left = length - index
  if (left >= 3) hash ^= bytes[index + 2]! << 16
  if (left >= 2) hash ^= bytes[index + 1]! << 8
  if (left >= 1) {
    hash ^= bytes[index]!
    hash = Math.imul(hash, m)
  }
  hash ^= hash >>> 13
  hash = Math.imul(hash, m)
  return hash ^ (hash >>> 15)
}
