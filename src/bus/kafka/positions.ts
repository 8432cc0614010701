/**
 * What a group has settled in a partition, as an offset with a text beside it: the watermark is the offset, and the text is
 *
 *     mb1 <mark> <above>
 *
 * The mark is another one for each unit, so that it can be told whether a unit has happened. `above` is the set above the watermark: its bounds as differences, each a
 * varint of 7 bits a byte, in base64url; `*` where that is too long for an offset's text and stands in a row of the group's tables instead, written by the same unit.
 */
import { MetrobusError } from '../../errors/index.ts'

const version = 'mb1'
/** A broker takes 4,096 characters by default. */
const textMax = 4_000
const elsewhere = '*'

/** The text beside an offset. */
export interface PositionText {
  readonly mark: string
  /** Undefined: it is in the row. */
  readonly above: string | undefined
}

export function encodeAbove(watermark: number, above: readonly number[]): string {
  if (above.length === 0) return ''
  const bytes: number[] = []
  let last = watermark
  for (const bound of above) {
    let left = bound - last
    last = bound
    for (; left > 0x7f; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80)
    bytes.push(left)
  }
  return Buffer.from(bytes).toString('base64url')
}

/** Throws MB_BUS_FAILED for what `encodeAbove` does not write. */
export function decodeAbove(watermark: number, text: string): number[] {
  const above: number[] = []
  let last = watermark
  let value = 0
  let scale = 1
  for (const byte of Buffer.from(text, 'base64url')) {
    value += (byte & 0x7f) * scale
    scale *= 0x80
    if (byte > 0x7f) continue
    last += value
    above.push(last)
    if (value === 0) throw damaged(text)
    value = 0
    scale = 1
  }
  if (above.length % 2 !== 0 || scale !== 1 || !Number.isSafeInteger(last)) throw damaged(text)
  return above
}

/** `above` as `encodeAbove` wrote it. */
export function encodeText(mark: string, above: string): string {
  const text = `${version} ${mark} ${above}`
  return text.length <= textMax ? text : `${version} ${mark} ${elsewhere}`
}

/** Whether `above` has to be written to its row. */
export const isElsewhere = (text: string): boolean => text.endsWith(` ${elsewhere}`)

/** What another program committed has no set above its offset, whatever it wrote beside it. Throws MB_BUS_FAILED for what a newer Metrobus wrote. */
export function decodeText(text: string): PositionText {
  const [first = '', mark = '', above = ''] = text.split(' ')
  if (first === version) return { mark, above: above === elsewhere ? undefined : above }
  if (/^mb\d+$/.test(first)) throw damaged(text)
  return { mark: '', above: '' }
}

const damaged = (text: string): MetrobusError =>
  new MetrobusError('MB_BUS_FAILED', {
    reason: `the text beside an offset is not what this version writes: "${text.slice(0, 100)}"`,
  })
