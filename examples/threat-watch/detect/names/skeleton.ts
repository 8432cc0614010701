/**
 * What a name looks like, whatever it is written with: two names that look alike have the same skeleton, as Unicode defines it (UTS #39, section 4), over the data of Unicode.
 *
 * Two things are added. Accents are left out, because nobody misses one in an address bar; and the answer is in lower case, because the letters of a domain have none.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const prototypes = readPrototypes()
/** Nearly all text is ASCII, and of that few characters stand for others. */
const asciiThatDo = new RegExp(`[${[...prototypes.keys()].filter((from) => from < '\x7f').join('')}]`, 'g')
const isMark = /^\p{M}$/u
/** Marks are accents, and go. Most letters of most texts are not looked at. */
const mayStandForAnother = /\p{M}|[^a-ln-z\s]/gu

export function skeletonOf(text: string): string {
  const shapes = isAscii(text)
    ? text.replaceAll(asciiThatDo, prototypeOf).toLowerCase()
    : text.normalize('NFD').replaceAll(mayStandForAnother, prototypeOf).toLowerCase()
  // Together as one letter, they are one: `vv` is not in the data, because it is no letter. Last, for they may have come of others.
  return shapes.replaceAll('vv', 'w')
}

const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length

const prototypeOf = (letter: string): string => prototypes.get(letter) ?? (isMark.test(letter) ? '' : letter)

function readPrototypes(): ReadonlyMap<string, string> {
  const lines = readFileSync(join(import.meta.dirname, 'confusables.txt'), 'utf8').split('\n')
  return new Map(
    lines
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [from = '', to = ''] = line.split(';')
        return [characters(from), characters(to)]
      }),
  )
}

function characters(hexes: string): string {
  return String.fromCodePoint(...hexes.split(' ').map((hex) => Number.parseInt(hex, 16)))
}
