/**
 * What an entry of the package shows to its users: the declarations that it exports, and those that they name.
 *
 * It follows the emitted `.d.ts` files. The second part matters as much as the first: a field added to an options
 * type that is never exported by name changes the package too.
 */
import { readFileSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'
import { parse, walk } from '../tidy/source.ts'
import type { Node, Source } from '../tidy/source.ts'

interface Module {
  readonly source: Source
  /** A name of this file: where it is declared, here or elsewhere. */
  readonly names: ReadonlyMap<string, Place>
  /** A name that others may import, and the place that it stands for. */
  readonly exported: ReadonlyMap<string, Place>
}

type Place =
  | { readonly declarations: readonly Node[] }
  | { readonly file: string; readonly name: string }
  /** A name of another package: its declaration is not ours to show. */
  | { readonly outside: string }

interface Declaration {
  readonly file: string
  readonly name: string
  readonly nodes: readonly Node[]
  readonly module: Module
}

/** The text of a snapshot; `entry` and `dist` are paths of this machine, and the text holds neither. */
export function surfaceOf(entry: string, dist: string): string {
  const modules = new Map<string, Module>()
  const load = (file: string): Module => {
    const known = modules.get(file) ?? readModule(file)
    modules.set(file, known)
    return known
  }
  const shown = new Map<string, Declaration>()
  const exported = [...load(entry).exported.keys()].toSorted().map((name) => {
    const declaration = find(load, entry, name, 'exported')
    if (declaration !== undefined) shown.set(keyOf(declaration), declaration)
    return { name, declaration }
  })
  const named = reach(load, shown)
  return [
    ...exported.map(({ name, declaration }) => print(declaration, dist, name)),
    ...named.map((declaration) => `// named by the above\n${print(declaration, dist)}`),
  ].join('\n\n')
}

/** Declarations that `shown` names, and those that these name in turn. */
function reach(load: (file: string) => Module, shown: ReadonlyMap<string, Declaration>): readonly Declaration[] {
  const seen = new Map(shown)
  const pending = [...shown.values()]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const name of namesIn(next)) {
      const found = find(load, next.file, name, 'names')
      if (found === undefined || seen.has(keyOf(found))) continue
      seen.set(keyOf(found), found)
      pending.push(found)
    }
    for (const { file, name } of importTypesIn(next)) {
      const found = find(load, file, name, 'exported')
      if (found === undefined || seen.has(keyOf(found))) continue
      seen.set(keyOf(found), found)
      pending.push(found)
    }
  }
  return [...seen]
    .filter(([key]) => !shown.has(key))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, declaration]) => declaration)
}

const keyOf = ({ file, name }: Declaration): string => `${name} ${file}`

function find(
  load: (file: string) => Module,
  file: string,
  name: string,
  where: 'names' | 'exported',
): Declaration | undefined {
  const module = load(file)
  const place = module[where].get(name)
  if (place === undefined || 'outside' in place) return undefined
  return 'declarations' in place
    ? { file, name, nodes: place.declarations, module }
    : find(load, place.file, place.name, 'exported')
}

function readModule(file: string): Module {
  const source = parse(file, readFileSync(file, 'utf8'))
  const names = new Map<string, Place>()
  const exported = new Map<string, Place>()
  const body = source.program['body'] as readonly Node[]
  for (const statement of body) {
    if (statement.type === 'ImportDeclaration') importNames(file, statement, names)
    else declareNames(statement, names, exported)
  }
  for (const statement of body) exportNames(file, statement, names, exported)
  return { source, names, exported }
}

function importNames(file: string, statement: Node, names: Map<string, Place>): void {
  for (const specifier of statement['specifiers'] as readonly Node[])
    if (specifier.type === 'ImportSpecifier')
      names.set(nameOf(specifier['local']), placeOf(file, statement['source'] as Node, nameOf(specifier['imported'])))
}

function declareNames(statement: Node, names: Map<string, Place>, exported: Map<string, Place>): void {
  const isExport = statement.type === 'ExportNamedDeclaration'
  const declaration = isExport ? (statement['declaration'] as Node | null) : statement
  if (declaration === null) return
  for (const name of declaredBy(declaration)) {
    const before = names.get(name)
    const nodes = before !== undefined && 'declarations' in before ? before.declarations : []
    const place = { declarations: [...nodes, declaration] }
    names.set(name, place)
    if (isExport) exported.set(name, place)
  }
}

function declaredBy(declaration: Node): readonly string[] {
  if (declaration.type === 'VariableDeclaration')
    return (declaration['declarations'] as readonly Node[]).map(({ id }) => nameOf(id))
  return 'id' in declaration && declaration['id'] !== null ? [nameOf(declaration['id'])] : []
}

function exportNames(
  file: string,
  statement: Node,
  names: ReadonlyMap<string, Place>,
  exported: Map<string, Place>,
): void {
  if (statement.type === 'ExportAllDeclaration')
    throw new Error(`${file}: \`export *\` is not followed, and src must not have it`)
  if (statement.type !== 'ExportNamedDeclaration') return
  const source = statement['source'] as Node | null
  for (const specifier of statement['specifiers'] as readonly Node[]) {
    const local = nameOf(specifier['local'])
    const place = source === null ? names.get(local) : placeOf(file, source, local)
    if (place === undefined) throw new Error(`${file}: ${local} is exported and not found`)
    exported.set(nameOf(specifier['exported']), place)
  }
}

const nameOf = (node: unknown): string => String((node as Node)['name'] ?? (node as Node)['value'])

const placeOf = (from: string, source: Node, name: string): Place => {
  const file = fileOf(from, source)
  return file === undefined ? { outside: String(source['value']) } : { file, name }
}

const fileOf = (from: string, source: Node): string | undefined => {
  const specifier = String(source['value'])
  if (!specifier.startsWith('.')) return undefined
  return resolve(from, '..', specifier.replace(/\.[jt]s$/, '.d.ts'))
}

const naming = new Set(['TSTypeReference', 'TSTypeQuery', 'TSInterfaceHeritage', 'TSClassImplements'])

function* namesIn({ nodes }: Declaration): Generator<string> {
  for (const root of nodes)
    for (const { node } of walk(root)) {
      if (!naming.has(node.type) && !('superClass' in node)) continue
      for (const field of ['typeName', 'exprName', 'expression', 'superClass'])
        for (const name of firstName(node[field])) yield name
    }
}

/** `A` of `A.B.C`. */
function firstName(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return []
  const { type, left, object, name } = node as Record<string, unknown>
  if (type === 'Identifier') return [String(name)]
  return type === 'TSQualifiedName' ? firstName(left) : firstName(object)
}

function* importTypesIn({ file, nodes }: Declaration): Generator<{ file: string; name: string }> {
  for (const root of nodes)
    for (const { node } of walk(root)) {
      if (node.type !== 'TSImportType') continue
      const from = fileOf(file, node['source'] as Node)
      const [name] = firstName(node['qualifier'])
      if (from !== undefined && name !== undefined) yield { file: from, name }
    }
}

function print(declaration: Declaration | undefined, dist: string, as?: string): string {
  if (declaration === undefined) return `// ${as} is of another package`
  const { file, name, nodes, module } = declaration
  const renamed = as === undefined || as === name ? '' : ` (declared as ${name})`
  const title = `// ${as ?? name}${renamed} from ${relative(dist, file).split(sep).join('/')}`
  return [title, ...nodes.map((node) => textOf(module.source, node))].join('\n')
}

/** Without comments: a better sentence in a docstring is not a change of the interface. */
function textOf({ text, comments }: Source, node: Node): string {
  let printed = ''
  let from = node.start
  for (const comment of comments) {
    if (comment.start < from || comment.start >= node.end) continue
    printed += text.slice(from, comment.start)
    from = comment.end
  }
  return `${printed}${text.slice(from, node.end)}`
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trimEnd())
    .join('\n')
}
