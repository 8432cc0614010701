/** What is written around the code: promises with a date, switched-off checks, words, paths of one machine. */
import { at } from './source.ts'
import type { Rule } from './source.ts'

export interface Synonym {
  readonly word: RegExp
  readonly instead: string
}

const numbers = (version: string): readonly number[] => version.split('.').map(Number)

/** True when `version` is `due` or later; a part that `due` leaves out counts as 0. */
function hasCome(due: string, version: string): boolean {
  const [wanted, actual] = [numbers(due), numbers(version)]
  for (const part of [0, 1, 2]) {
    const difference = (actual[part] ?? 0) - (wanted[part] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

export const todos: Rule = {
  name: 'todos',
  *check({ sources, version }) {
    for (const source of sources) {
      for (const { text, start } of source.comments) {
        for (const { index } of text.matchAll(/\b(TODO|FIXME|XXX|HACK)\b/g)) {
          const due = /^TODO\(v(\d+\.\d+(?:\.\d+)?)\): \S/.exec(text.slice(index))?.[1]
          if (due === undefined)
            yield at(source, start, 'write `TODO(v0.3): what`, with the version that must not ship without it')
          else if (hasCome(due, version))
            yield at(source, start, `due in ${due}, and this is ${version}: do it or drop it`)
        }
      }
    }
  },
}

const switchedOff =
  /^\s*(?:(?:c8|v8|istanbul) ignore|node:coverage (?:ignore|disable)|(?:oxlint|eslint)-disable|oxfmt-ignore|@ts-(?:expect-error|ignore|nocheck))/

/** The reason stands in the same comment, after two dashes. */
export const reasons: Rule = {
  name: 'reasons',
  *check({ sources }) {
    for (const source of sources)
      for (const { text, start } of source.comments)
        if (switchedOff.test(text) && !/ -- \S/.test(text) && !/@ts-expect-error:? \S/.test(text))
          yield at(source, start, 'a check is switched off: add ` -- ` and the reason')
  },
}

export const synonyms = (glossary: readonly Synonym[]): Rule => ({
  name: 'synonyms',
  *check({ sources }) {
    for (const source of sources) {
      if (!source.path.startsWith('src/')) continue
      for (const { word, instead } of glossary)
        for (const { 0: found, index } of source.text.matchAll(word))
          yield at(source, index, `"${found}": one word per thing, and here it is "${instead}"`)
    }
  },
})

/** A path of the machine where it was written helps nobody else, and tells where it was. */
export const machinePaths: Rule = {
  name: 'machine paths',
  *check({ sources }) {
    for (const source of sources)
      for (const { index } of source.text.matchAll(/(?<![\w.])\/(?:home|root|Users|work)\/\w/g))
        yield at(source, index, 'a path of one machine')
  },
}
