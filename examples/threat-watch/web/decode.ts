/** Bytes as text, in the charset that they say they have, or seem to have. */
import { TextDecoder } from 'node:util'
import sniff from 'html-encoding-sniffer'

export interface Decoded {
  readonly text: string
  /** As the WHATWG calls it. */
  readonly charset: string
  /** How many places were no text in that charset, and are `�` now. */
  readonly replaced: number
}

/** By a byte order mark, the header, a `<meta>` or an XML declaration, in this order; otherwise UTF-8. A charset that nobody knows counts as none. */
export function decode(bytes: Uint8Array, contentType: string): Decoded {
  const label = /charset\s*=\s*["']?([^\s;"']+)/i.exec(contentType)?.[1]
  const sniffed = sniff(bytes, {
    xml: /[/+]xml\b/i.test(contentType) && !/html/i.test(contentType),
    defaultEncoding: 'UTF-8',
    ...(label !== undefined && { transportLayerEncodingLabel: label }),
  })
  // Of "x-user-defined" and "replacement" no decoder knows: what is labelled so is hardly text.
  const decoder = decoderOf(sniffed) ?? new TextDecoder()
  const text = decoder.decode(bytes)
  return { text, charset: decoder.encoding, replaced: text.split('\uFFFD').length - 1 }
}

function decoderOf(charset: string): TextDecoder | undefined {
  try {
    return new TextDecoder(charset)
  } catch {
    return undefined
  }
}
