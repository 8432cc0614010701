/**
 * Writes docs/reference/errors.md from the catalogue of coded errors: `npm run docs`. docs.test.ts fails when the page and the catalogue
 * differ, so a code is never without its page nor a page without its code.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { catalogue } from '../src/errors/catalogue.ts'

export const pagePath = join(import.meta.dirname, '..', 'docs', 'reference', 'errors.md')

const families = {
  refuse: 'The caller is refused; nothing has happened.',
  retry: 'The same work is tried again later.',
  park: 'The event is given up: it becomes a dead letter without further attempts.',
  stop: 'The start is refused, or the process ends: nothing can be done inside it.',
} as const

/** Stands for any fact of a message: text, number or list, whose own text is its name. */
function placeholder(name: string): unknown {
  const text = (): string => `‹${name}›`
  return new Proxy(() => {}, {
    get: (_, property) => (property === Symbol.toPrimitive || property === 'toJSON' ? text : placeholder(name)),
    apply: () => placeholder(name),
  })
}

const facts = new Proxy({}, { get: (_, name) => placeholder(String(name)) })

/** The sentence of a code, its facts replaced by their names. */
const sentence = (message: (facts: never) => string): string =>
  message(facts as never)
    .replaceAll('"‹', '‹')
    .replaceAll('›"', '›')
    .replaceAll('NaN', '‹n›')
    .replaceAll('|', '\\|')

export function errorsPage(): string {
  const sections = Object.entries(families).map(([family, meaning]) => {
    const rows = Object.entries(catalogue)
      .filter(([, entry]) => entry.family === family)
      .map(([code, { message }]) => `| <a id="${code}"></a>\`${code}\` | ${sentence(message)} |`)
    return [`## ${family}`, '', meaning, '', '| code | what is said |', '|---|---|', ...rows, ''].join('\n')
  })
  return [
    '# Errors',
    '',
    'Every error of Metrobus is a `MetrobusError` with a permanent `code`, the `family` that says what happens next, and the `facts` that its',
    'sentence is made of (shown here as ‹name›). An error that is not ours counts as `retry`. This page is made from the catalogue by',
    '`npm run docs`; a test keeps the two equal.',
    '',
    ...sections,
  ].join('\n')
}

if (import.meta.main) {
  const before = (() => {
    try {
      return readFileSync(pagePath, 'utf8')
    } catch {
      return ''
    }
  })()
  const page = errorsPage()
  if (page !== before) writeFileSync(pagePath, page)
  console.log(page === before ? 'docs/reference/errors.md is up to date.' : 'docs/reference/errors.md is written.')
}
