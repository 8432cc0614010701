/**
 * Preloaded into a process (`--import`): puts the mutant that METROBUS_MUTANT names into its file while that is loaded. The files themselves stay as they
 * are, so many processes can run, each with a mutant of its own.
 */
import { writeSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { mutants } from './all.ts'
import { armed } from './armed.ts'
import { mutate } from './mutant.ts'

const name = process.env['METROBUS_MUTANT']
if (name !== undefined) arm(name)

function arm(wanted: string): void {
  const mutant = mutants.find((candidate) => candidate.name === wanted)
  if (mutant === undefined) throw new Error(`There is no mutant "${wanted}".`)
  const path = fileURLToPath(new URL(`../../../${mutant.file}`, import.meta.url))
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (!url.startsWith('file:') || fileURLToPath(url) !== path) return loaded
      const source = mutate(textOf(loaded.source), mutant)
      writeSync(2, `${armed}\n`)
      return { ...loaded, source }
    },
  })
}

function textOf(source: string | NodeJS.ArrayBufferView | ArrayBuffer | undefined): string {
  if (typeof source === 'string' || source === undefined) return source ?? ''
  return new TextDecoder().decode(source)
}
