/**
 * Makes confusables.txt of the file of the same name that Unicode publishes: `node examples/threat-watch/detect/names/cut-confusables.ts path/to/confusables.txt`.
 *
 * Kept is what may stand for ASCII. No other line can make a name look like one that is written in ASCII, so nothing is lost for those, in 22 kB instead of 750.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [, , source] = process.argv
if (source === undefined) throw new Error('Say where the file of Unicode is.')

const lines = readFileSync(source, 'utf8').split(/\r?\n/)
// As Unicode wants it: the notice of the file, and of its licence, stay with the data.
const notice = lines
  .slice(
    0,
    lines.findIndex((line) => !line.startsWith('#')),
  )
  .map((line) => line.replace('\uFEFF', ''))
const kept = lines.flatMap((line) => {
  const [from, to] = line
    .split('#')[0]!
    .split(';')
    .map((field) => field.trim())
  return from && to && to.split(' ').every((hex) => isPrintableAscii(Number.parseInt(hex, 16))) ? [`${from};${to}`] : []
})
const head = [...notice, '# Cut to what may stand for ASCII. The licence is in unicode-license.txt.']
writeFileSync(join(import.meta.dirname, 'confusables.txt'), `${[...head, ...kept].join('\n')}\n`)

function isPrintableAscii(codePoint: number): boolean {
  return codePoint > 0x20 && codePoint < 0x7f
}
