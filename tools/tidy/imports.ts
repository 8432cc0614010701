/** Who may know whom: areas of src, npm packages, and files that nobody knows. */
import { at, isTest, walk, resolve, stringOf } from './source.ts'
import type { Rule, Source, Tree } from './source.ts'

/** Areas that hold a port at the top and one folder per adapter: `bus/bus.ts`, `bus/embedded/`. */
const ports = new Set(['bus', 'store', 'schema', 'connect'])
/** Folders of a port that are not adapters. */
const partsOfPort = new Set(['conformance'])

/** The area of a file in src: its top folder, for an adapter with its own folder, for a file at the top its name. */
export function areaOf(path: string): string {
  const [, top = '', second = '', ...rest] = path.split('/')
  if (second === '') return top.replace('.test.ts', '.ts')
  const isAdapter = ports.has(top) && rest.length > 0 && !partsOfPort.has(second)
  return isAdapter ? `${top}/${second}` : top
}

const lookUp = <T>(table: Readonly<Record<string, T>>, area: string): T | undefined =>
  table[area] ?? table[area.replace(/\/.*/, '/*')]

const matches = (pattern: string, area: string): boolean =>
  pattern === '**' || pattern === area || (pattern.endsWith('/*') && area.startsWith(pattern.slice(0, -1)))

type Areas = Readonly<Record<string, readonly string[]>>

/** The tables give for each area the areas that it may know beside itself, and those that it may only load when it needs them. */
export const direction = (table: Areas, loadable: Areas): Rule => ({
  name: 'direction',
  *check({ sources }) {
    for (const source of sources) {
      if (!source.path.startsWith('src/')) continue
      const area = areaOf(source.path)
      const known = lookUp(table, area)
      if (known === undefined) {
        yield at(source, 0, `area "${area}" is not in the direction table of tools/tidy.ts`)
        continue
      }
      const may = isTest(source.path) ? [...known, 'testing'] : known
      for (const { path, lazy, start } of source.references) {
        if (path === undefined) continue
        const here = lazy ? [...may, ...(lookUp(loadable, area) ?? [])] : may
        const fault = path.startsWith('src/') ? faultOf(area, here, path) : 'lies outside src'
        if (fault !== undefined) yield at(source, start, `${path} ${fault}`)
      }
    }
  },
})

function faultOf(area: string, may: readonly string[], path: string): string | undefined {
  const wanted = areaOf(path)
  if (wanted === area || may.some((pattern) => matches(pattern, wanted))) return undefined
  return `belongs to "${wanted}", which "${area}" must not know; it may know: ${may.join(', ')}`
}

/** The table gives for each npm package the areas that may import it. Tests may import any. */
export const packages = (table: Readonly<Record<string, readonly string[]>>): Rule => ({
  name: 'packages',
  *check({ sources }) {
    for (const source of sources) {
      if (!source.path.startsWith('src/') || isTest(source.path)) continue
      const area = areaOf(source.path)
      for (const { specifier, path, start } of source.references) {
        if (path !== undefined || specifier.startsWith('node:')) continue
        const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
        const may = table[name] ?? []
        if (may.some((pattern) => matches(pattern, area))) continue
        const who = may.length === 0 ? 'nobody' : may.join(', ')
        yield at(source, start, `package "${name}" may be imported by ${who}, not by "${area}"`)
      }
    }
  },
})

/** A file of src that neither an export of the package nor its command reaches is dead; a test does not revive it. */
export const dead: Rule = {
  name: 'dead',
  *check({ sources, entries }) {
    const files = new Map(sources.map((source) => [source.path, source]))
    const alive = new Set<string>()
    const pending = [...entries]
    for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
      const source = files.get(path)
      if (source === undefined || alive.has(path)) continue
      alive.add(path)
      pending.push(...pathsNamedIn(source))
    }
    for (const source of sources) {
      const { path } = source
      if (!path.startsWith('src/') || isTest(path) || alive.has(path)) continue
      yield at(source, 0, 'no export of the package and no command reaches this file: use it or delete it')
    }
  },
}

/** A worker is started by its file's name, not by an import: any string that names a file beside counts. */
function* pathsNamedIn(source: Source): Generator<string> {
  for (const { path } of source.references) if (path !== undefined) yield path
  for (const { node } of walk(source.program)) {
    const text = stringOf(node)
    if (text === undefined || !/^\.\.?\/.*\.[jt]s$/.test(text)) continue
    const path = resolve(source.path, text.replace(/js$/, 'ts'))
    if (path !== undefined) yield path
  }
}

export const exportsByName: Rule = {
  name: 'exports',
  *check({ sources }) {
    for (const source of sources) {
      if (!source.path.startsWith('src/')) continue
      for (const { node } of walk(source.program)) {
        if (node.type === 'ExportAllDeclaration')
          yield at(source, node.start, '`export *` hides what is public: export by name')
        if (node.type === 'ExportDefaultDeclaration')
          yield at(source, node.start, 'a default export has no name of its own: export by name')
      }
    }
  },
}

/** What package.json publishes as `dist/x.d.ts` or `dist/x.js` is written in `src/x.ts`. */
export function entriesOf(manifest: {
  readonly exports: Readonly<Record<string, unknown>>
  readonly bin: Readonly<Record<string, string>>
}): Tree['entries'] {
  const targets = [
    ...Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'object' && target !== null ? Object.values(target) : [],
    ),
    ...Object.values(manifest.bin),
  ]
  const compiled = targets.map(String).filter((target) => target.startsWith('./dist/'))
  const sources = compiled.map((target) => target.replace('./dist/', 'src/').replace(/(\.d\.ts|\.js)$/, '.ts'))
  return [...new Set(sources)]
}
