/** One JSON value a line; blank lines are passed over. */
import { isBlank, notUtf8, textOf, tooLong } from './format.ts'
import type { Format, Row } from './format.ts'
import type { Line } from './line-splitter.ts'

export function ndjsonFormat({ lineBytesMax }: { readonly lineBytesMax: number }): Format {
  let lines = 0
  let end = 0
  const rowOf = ({ number, bytes }: Line): Row | undefined => {
    if (bytes === undefined) return { line: number, fault: tooLong(lineBytesMax) }
    if (isBlank(bytes)) return undefined
    const text = textOf(bytes)
    if (text === undefined) return { line: number, fault: notUtf8 }
    try {
      return { line: number, data: JSON.parse(text) }
    } catch (error) {
      return { line: number, fault: notJson(error as SyntaxError) }
    }
  }
  return {
    needsHeader: false,
    read(read) {
      const rows: Row[] = []
      for (const line of read) {
        const row = rowOf(line)
        if (row !== undefined) rows.push(row)
        lines = line.number
        end = line.end
      }
      return { rows, lines, end, isMore: false }
    },
  }
}

/** The engine's own sentence may repeat the payload; where it failed does not. */
function notJson({ message }: SyntaxError): string {
  if (message.startsWith('Unexpected end')) return 'not JSON: it ends too early'
  const position = /at position (\d+)/.exec(message)?.[1]
  return position === undefined ? 'not JSON' : `not JSON at character ${Number(position) + 1}`
}
