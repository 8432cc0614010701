/** Tables for people: no frame but one rule under the head, so that a row can be copied and grepped. */
import Table from 'cli-table3'

const columnMin = 6
const gap = 2

const noFrame = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' '.repeat(gap),
}

/** A table of at most `width` columns of text; undefined cuts nothing. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  width: number | undefined,
): string {
  const texts = rows.map((row) => row.map((cell) => String(cell).replaceAll(/[\u0000-\u001f\u007f]/g, ' ')))
  const natural = head.map((name, column) => Math.max(name.length, ...texts.map((row) => row[column]?.length ?? 0)))
  const widths = width === undefined ? natural : fitted(natural, width - gap * (head.length - 1))
  const isNumber = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number' || row[column] === ''),
  )
  const table = new Table({
    head: [...head],
    colWidths: widths,
    colAligns: isNumber.map((yes) => (yes ? 'right' : 'left')),
    chars: noFrame,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  })
  table.push(...texts)
  const [first = '', ...others] = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
  return [first, '-'.repeat(Math.min(sum(widths) + gap * (head.length - 1), width ?? Infinity)), ...others].join('\n')
}

/** Takes from the widest columns first, and leaves each readable. */
function fitted(natural: readonly number[], room: number): number[] {
  const widths = [...natural]
  for (let excess = sum(widths) - room; excess > 0; excess--) {
    const widest = widths.indexOf(Math.max(...widths))
    if (widths[widest]! <= columnMin) break
    widths[widest]!--
  }
  return widths
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
