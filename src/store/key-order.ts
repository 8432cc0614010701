/** Orders keys by their code points, as UTF-8 bytes are ordered; plain `<` would put astral characters before U+E000. Negative when `one` comes first. */
export function compareKeys(one: string, other: string): number {
  const length = Math.min(one.length, other.length)
  for (let index = 0; index < length; index++) {
    const left = one.charCodeAt(index)
    const right = other.charCodeAt(index)
    if (left !== right) return rank(left) - rank(right)
  }
  return one.length - other.length
}

/** Surrogates, which stand for what is beyond U+FFFF, come behind all others. */
const rank = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit)
