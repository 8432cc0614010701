/**
 * Time, randomness, timers, disk and network enter through `src/internal/platform`, so that the simulator can
 * put its own in their place. One call past it, and a seed no longer gives the same run.
 */
import { at, children, isNode, isTest, walk } from './source.ts'
import type { Finding, Node, Rule, Source } from './source.ts'

export interface Exception {
  /** A file, or a folder with a slash at its end. */
  readonly path: string
  readonly because: string
}

const globals: Readonly<Record<string, string>> = {
  setTimeout: 'a timer of the platform',
  setInterval: 'a timer of the platform',
  setImmediate: 'a timer of the platform',
  performance: "the platform's clock",
  fetch: "the platform's network",
  WebSocket: "the platform's network",
}

const members: Readonly<Record<string, string>> = {
  'Date.now': "the platform's clock",
  'Math.random': "the platform's random",
  'process.hrtime': "the platform's clock",
  'AbortSignal.timeout': 'a timer of the platform',
  'crypto.randomUUID': "the platform's random",
  'crypto.randomBytes': "the platform's random",
  'crypto.getRandomValues': "the platform's random",
}

const modules: Readonly<Record<string, string>> = {
  'node:fs': "the platform's disk",
  'node:fs/promises': "the platform's disk",
  'node:sqlite': "the platform's disk",
  'node:net': "the platform's network",
  'node:tls': "the platform's network",
  'node:dgram': "the platform's network",
  'node:dns': "the platform's network",
  'node:dns/promises': "the platform's network",
  'node:http': "the platform's network",
  'node:http2': "the platform's network",
  'node:https': "the platform's network",
  'node:os': 'the platform',
  'node:child_process': 'the platform',
  'node:cluster': 'the platform',
  'node:worker_threads': 'the platform',
  'node:perf_hooks': "the platform's clock",
  'node:timers': 'a timer of the platform',
  'node:timers/promises': 'a timer of the platform',
}

const random = new Set([
  'randomUUID',
  'randomBytes',
  'randomInt',
  'randomFill',
  'randomFillSync',
  'getRandomValues',
  'webcrypto',
])

/**
 * Tests in src obey too, for a test that sleeps or draws without a seed fails on another day; but they may open
 * files and sockets, because a port is also tested against the real thing.
 */
export const determinism = (exceptions: readonly Exception[]): Rule => ({
  name: 'determinism',
  *check({ sources }) {
    for (const source of sources) {
      if (!source.path.startsWith('src/')) continue
      if (exceptions.some(({ path }) => covers(path, source.path))) continue
      yield* calls(source)
      if (!isTest(source.path)) yield* imports(source)
    }
  },
})

const covers = (exception: string, path: string): boolean =>
  exception.endsWith('/') ? path.startsWith(exception) : path === exception

function* imports(source: Source): Generator<Finding> {
  for (const { specifier, typeOnly, start } of source.references) {
    // The shape of a server says nothing about where it comes from.
    if (typeOnly) continue
    const instead = Object.hasOwn(modules, specifier) ? modules[specifier] : undefined
    if (instead !== undefined) yield at(source, start, `"${specifier}" is imported: take ${instead}`)
  }
}

function* calls(source: Source): Generator<Finding> {
  const declared = declaredIn(source.program)
  for (const { node, parent } of values(source.program)) {
    const instead = banned(node, parent, declared)
    if (instead === undefined) continue
    const name = source.text.slice(node.start, node.end).split('\n', 1)[0]
    yield at(source, node.start, `\`${name}\`: take ${instead} as a parameter`)
  }
}

function banned(node: Node, parent: Node | undefined, declared: ReadonlySet<string>): string | undefined {
  const isDate = nameOf(node['callee']) === 'Date' && !declared.has('Date')
  switch (node.type) {
    case 'NewExpression':
      return isDate && count(node['arguments']) === 0 ? "the platform's clock" : undefined
    case 'CallExpression':
      return isDate ? "the platform's clock" : undefined
    case 'MemberExpression':
      return bannedMember(node, declared)
    case 'ImportSpecifier':
      return parent?.['source'] !== undefined &&
        isNode(parent['source']) &&
        parent['source']['value'] === 'node:crypto' &&
        random.has(nameOf(node['imported']) ?? '')
        ? "the platform's random"
        : undefined
    case 'Identifier': {
      const name = nameOf(node) ?? ''
      if (!Object.hasOwn(globals, name) || declared.has(name) || isOnlyAName(node, parent)) return undefined
      return globals[name]
    }
    default:
      return undefined
  }
}

function bannedMember(node: Node, declared: ReadonlySet<string>): string | undefined {
  const property = node['computed'] === true ? literal(node['property']) : nameOf(node['property'])
  const object = lastName(node['object'])
  if (property === undefined || object === undefined) return undefined
  if (object === 'globalThis') return Object.hasOwn(globals, property) ? globals[property] : undefined
  const full = `${object}.${property}`
  const isOwn = declared.has(object) && !['crypto', 'process'].includes(object)
  return Object.hasOwn(members, full) && !isOwn ? members[full] : undefined
}

const nameOf = (node: unknown): string | undefined =>
  isNode(node) && node.type === 'Identifier' ? String(node['name']) : undefined

/** `Date` in both `Date.now` and `globalThis.Date.now`. */
const lastName = (node: unknown): string | undefined =>
  nameOf(node) ?? (isNode(node) && node.type === 'MemberExpression' ? nameOf(node['property']) : undefined)

const literal = (node: unknown): string | undefined =>
  isNode(node) && typeof node['value'] === 'string' ? node['value'] : undefined

const count = (list: unknown): number => (Array.isArray(list) ? list.length : 0)

/** `{ setTimeout: … }` and `clock.setTimeout` use the name, not the global. */
const isOnlyAName = (node: Node, parent: Node | undefined): boolean =>
  (parent?.type === 'MemberExpression' && parent['property'] === node && parent['computed'] !== true) ||
  (parent !== undefined &&
    ['Property', 'MethodDefinition', 'PropertyDefinition', 'AccessorProperty'].includes(parent.type) &&
    parent['key'] === node &&
    parent['computed'] !== true &&
    parent['shorthand'] !== true)

const wrappers = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
])

/** The nodes that run; what is only a type is left out. */
function* values(node: Node, parent?: Node): Generator<{ node: Node; parent: Node | undefined }> {
  if (node.type.startsWith('TS') && !wrappers.has(node.type)) return
  yield { node, parent }
  for (const child of children(node)) yield* values(child, node)
}

/** The names that the file binds somewhere: a parameter called `setTimeout` is not the global. */
function declaredIn(program: Node): ReadonlySet<string> {
  const names = new Set<string>()
  const bind = (pattern: unknown): void => {
    if (!isNode(pattern)) return
    if (pattern.type === 'Identifier') names.add(String(pattern['name']))
    else if (pattern.type === 'Property') bind(pattern['value'])
    else if (pattern.type === 'AssignmentPattern') bind(pattern['left'])
    else for (const child of children(pattern)) bind(child)
  }
  for (const { node } of walk(program)) {
    if (node.type === 'VariableDeclarator') bind(node['id'])
    if (node.type === 'CatchClause') bind(node['param'])
    if (node.type.startsWith('Import') && 'local' in node) bind(node['local'])
    if (/Function/.test(node.type)) {
      bind(node['id'])
      if (Array.isArray(node['params'])) node['params'].forEach(bind)
    }
  }
  return names
}
