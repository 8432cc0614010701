/**
 * JSON text of an event's data, made when its outcome is decided: data that cannot be encoded, or is too large, fails its own event and not the unit that it
 * would have ridden in.
 */
import { MetrobusError } from '../errors/index.ts'

/** Throws MB_NOT_JSON or MB_TOO_LARGE; `where` names the entry or stop. */
export function encodeData(value: unknown, where: string, bytesMax: number): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value) as string | undefined
  } catch (cause) {
    throw new MetrobusError('MB_NOT_JSON', { where, type: typeof value }, { cause })
  }
  if (text === undefined) throw new MetrobusError('MB_NOT_JSON', { where, type: typeof value })
  // A UTF-16 unit takes at most three bytes of UTF-8: short texts need no counting.
  if (text.length * 3 > bytesMax) {
    const bytes = Buffer.byteLength(text)
    if (bytes > bytesMax) throw new MetrobusError('MB_TOO_LARGE', { where, bytes, bytesMax })
  }
  return text
}
