/**
 * A parsed TypeScript file, as the rules of tidy see it.
 *
 * A real parser and not regular expressions: `Date.now` in a comment is fine, and a nested function must be told
 * from the one around it. oxc-parser, because the native TypeScript compiler offers no syntax tree to programs.
 */
import { posix } from 'node:path'
import { parseSync, visitorKeys } from 'oxc-parser'

export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

export interface Comment {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** One place where a file names another module: import, re-export, `import()` or an import type. */
export interface Reference {
  readonly specifier: string
  /** The repository's path of a relative specifier; undefined for a package or a module of Node. */
  readonly path: string | undefined
  /** True when nothing of it is left after the types are erased. */
  readonly typeOnly: boolean
  /** An `import()`: loaded when it is reached, and only then. */
  readonly lazy: boolean
  readonly start: number
}

export interface Source {
  /** Relative to the root of the repository, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly program: Node
  readonly comments: readonly Comment[]
  readonly references: readonly Reference[]
}

export interface Tree {
  readonly sources: readonly Source[]
  /** The source files behind the package's exports and commands. */
  readonly entries: readonly string[]
  /** The version in package.json. */
  readonly version: string
  /** True where a skipped test is a failure. */
  readonly ci: boolean
}

export interface Finding {
  readonly path: string
  readonly line: number
  readonly message: string
}

export interface Rule {
  readonly name: string
  check(tree: Tree): Iterable<Finding>
}

export function parse(path: string, text: string): Source {
  const { program, comments, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`)
  const root = program as unknown as Node
  return {
    path,
    text,
    program: root,
    comments: comments.map(({ value, start, end }) => ({ text: value, start, end })),
    references: [...references(path, root)],
  }
}

export const lineAt = ({ text }: Source, offset: number): number => text.slice(0, offset).split('\n').length

export const at = (source: Source, offset: number, message: string): Finding => ({
  path: source.path,
  line: lineAt(source, offset),
  message,
})

/** A test, or what stands in for a cluster in tests: `tsconfig.build.json` leaves both out of the package. */
export const isTest = (path: string): boolean =>
  path.endsWith('.test.ts') || /^src\/bus\/kafka\/(model\/|driver\/(model|scripted)-)/.test(path)

/** Every node below `node`, itself included, parents first; `parents` runs from the nearest to the root. */
export function* walk(node: Node, parents: readonly Node[] = []): Generator<{ node: Node; parents: readonly Node[] }> {
  yield { node, parents }
  const path = [node, ...parents]
  for (const child of children(node)) yield* walk(child, path)
}

export function* children(node: Node): Generator<Node> {
  for (const key of visitorKeys[node.type] ?? []) {
    const value = node[key]
    if (Array.isArray(value)) yield* value.filter(isNode)
    else if (isNode(value)) yield value
  }
}

export const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value

/** The text of a string literal, or undefined for any other node. */
export const stringOf = (node: unknown): string | undefined =>
  isNode(node) && node.type === 'Literal' && typeof node['value'] === 'string' ? node['value'] : undefined

const naming = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
])

function* references(path: string, program: Node): Generator<Reference> {
  for (const { node } of walk(program)) {
    if (!naming.has(node.type)) continue
    const specifier = stringOf(node['source'])
    if (specifier === undefined) continue
    const typeOnly = node.type === 'TSImportType' || node['importKind'] === 'type' || node['exportKind'] === 'type'
    const lazy = node.type === 'ImportExpression'
    yield { specifier, path: resolve(path, specifier), typeOnly, lazy, start: node.start }
  }
}

export const resolve = (from: string, specifier: string): string | undefined =>
  specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined
