/**
 * Preloaded into a process (`--import`) and all that it starts: puts the mutant that METROBUS_MUTANT names, and small bounds with METROBUS_BOUNDS=small, into their files while these are
 * loaded. The files themselves stay as they are, so many processes can run, each with a mutant of its own.
 */
import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { mutants } from './all.ts'
import { smallBounds } from './bounds.ts'
import { edit } from './mutant.ts'
import type { Edit } from './mutant.ts'

const wanted = process.env['METROBUS_MUTANT']
/** A sweep whose processes never load the mutated file can say nothing about the mutant. */
const armedFile = process.env['METROBUS_ARMED_FILE']
const mutant = mutants.find(({ name }) => name === wanted)
if (wanted !== undefined && mutant === undefined) throw new Error(`There is no mutant "${wanted}".`)
// The mutant first: what it stands in may be a bound.
const edits: readonly Edit[] = [
  ...(mutant === undefined ? [] : [mutant]),
  ...(process.env['METROBUS_BOUNDS'] === 'small' ? smallBounds : []),
]
const root = fileURLToPath(new URL('../../../', import.meta.url))

if (edits.length > 0)
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      const path = url.startsWith('file:') ? fileURLToPath(url) : ''
      const mine = edits.filter(({ file }) => path === root + file)
      if (mine.length === 0) return loaded
      if (mutant !== undefined && mine.includes(mutant) && armedFile !== undefined) appendFileSync(armedFile, 'armed\n')
      return { ...loaded, source: mine.reduce(edit, textOf(loaded.source)) }
    },
  })

function textOf(source: string | NodeJS.ArrayBufferView | ArrayBuffer | undefined): string {
  if (typeof source === 'string' || source === undefined) return source ?? ''
  return new TextDecoder().decode(source)
}
