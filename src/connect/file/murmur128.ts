/** MurmurHash3_x86_128 (Austin Appleby, public domain) over the UTF-16LE bytes of a text: the variant for 32-bit words, which is what JavaScript multiplies fast. */
const c1 = 0x239b961b
const c2 = 0xab0e9789
const c3 = 0x38b34ae5
const c4 = 0xa1e38b93
const unitsOfBlock = 8

/** Writes the four words of the hash of `text` to `hash`. */
export function murmur128(text: string, seed: number, hash: Uint32Array): void {
  let h1 = seed
  let h2 = seed
  let h3 = seed
  let h4 = seed
  const blocksEnd = text.length - (text.length % unitsOfBlock)
  for (let at = 0; at < blocksEnd; at += unitsOfBlock) {
    h1 ^= mix(word(text, at), c1, 15, c2)
    h1 = (Math.imul((rotated(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0
    h2 ^= mix(word(text, at + 2), c2, 16, c3)
    h2 = (Math.imul((rotated(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0
    h3 ^= mix(word(text, at + 4), c3, 17, c4)
    h3 = (Math.imul((rotated(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0
    h4 ^= mix(word(text, at + 6), c4, 18, c1)
    h4 = (Math.imul((rotated(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0
  }
  // Behind the end a text reads as zeros, and a word of zeros mixes to zero.
  h4 ^= mix(tailWord(text, blocksEnd + 6), c4, 18, c1)
  h3 ^= mix(tailWord(text, blocksEnd + 4), c3, 17, c4)
  h2 ^= mix(tailWord(text, blocksEnd + 2), c2, 16, c3)
  h1 ^= mix(tailWord(text, blocksEnd), c1, 15, c2)
  const bytes = text.length * 2
  h1 ^= bytes
  h2 ^= bytes
  h3 ^= bytes
  h4 ^= bytes
  h1 = (h1 + h2 + h3 + h4) | 0
  h2 = finished((h2 + h1) | 0)
  h3 = finished((h3 + h1) | 0)
  h4 = finished((h4 + h1) | 0)
  h1 = (finished(h1) + h2 + h3 + h4) | 0
  hash[0] = h1
  hash[1] = h2 + h1
  hash[2] = h3 + h1
  hash[3] = h4 + h1
}

/** Two units as one word; inside the text. */
const word = (text: string, at: number): number => text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16)

/** The same, where the text may have ended. */
const tailWord = (text: string, at: number): number => tailUnit(text, at) | (tailUnit(text, at + 1) << 16)

const tailUnit = (text: string, at: number): number => (at < text.length ? text.charCodeAt(at) : 0)

const rotated = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits))

const mix = (value: number, first: number, bits: number, second: number): number =>
  Math.imul(rotated(Math.imul(value, first), bits), second)

function finished(value: number): number {
  let hash = value ^ (value >>> 16)
  hash = Math.imul(hash, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
