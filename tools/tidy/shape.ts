/** The shape of files: their names, their length, the length of their functions, the errors that they throw. */
import { basename, dirname } from 'node:path/posix'
import { at, isNode, isTest, lineAt, walk } from './source.ts'
import type { Finding, Node, Rule, Source } from './source.ts'

export interface Limits {
  readonly fileLinesMax: number
  readonly testFileLinesMax: number
  readonly functionLinesMax: number
  readonly indexLinesMax: number
}

/** Tables of bytes and fields are read from top to bottom; cutting them helps nobody. */
const isCodec = (path: string): boolean => path.endsWith('-codec.ts') || dirname(path).split('/').includes('codec')

export const lengths = (limits: Limits): Rule => ({
  name: 'lengths',
  *check({ sources }) {
    for (const source of sources) {
      yield* fileLength(source, limits)
      if (!isTest(source.path) && !isCodec(source.path)) yield* functionLengths(source, limits)
    }
  },
})

function* fileLength(source: Source, limits: Limits): Generator<Finding> {
  const { path, text } = source
  if (isCodec(path) && !isTest(path)) return
  const lines = text.trimEnd().split('\n').length
  const max =
    path === 'src/index.ts' ? limits.indexLinesMax : isTest(path) ? limits.testFileLinesMax : limits.fileLinesMax
  if (lines > max) yield at(source, text.length - 1, `${lines} lines, more than ${max}`)
}

function* functionLengths(source: Source, limits: Limits): Generator<Finding> {
  const lengthOf = new Map<Node, number>()
  for (const { node, parents } of walk(source.program)) {
    if (!isFunction(node)) continue
    const lines = lineAt(source, node.end) - lineAt(source, node.start) + 1
    lengthOf.set(node, (lengthOf.get(node) ?? 0) + lines)
    const outer = parents.find(isFunction)
    // A nested function answers for its own lines; the outer one keeps the line on which it stands.
    if (outer !== undefined) lengthOf.set(outer, (lengthOf.get(outer) ?? 0) - (lines - 1))
  }
  for (const [node, lines] of lengthOf) {
    if (lines > limits.functionLinesMax)
      yield at(source, node.start, `a function of ${lines} lines, more than ${limits.functionLinesMax}`)
  }
}

const isFunction = (node: Node): boolean =>
  ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'].includes(node.type)

export const fileNames: Rule = {
  name: 'file names',
  *check({ sources }) {
    for (const source of sources) {
      const folders = dirname(source.path).split('/')
      const stem = basename(source.path).replace(/(\.[a-z]+)+$/, '')
      for (const name of [...folders, stem])
        if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) yield at(source, 0, `"${name}" is not kebab-case`)
    }
  },
}

const bare = new Set([
  'Error',
  'TypeError',
  'RangeError',
  'SyntaxError',
  'ReferenceError',
  'EvalError',
  'URIError',
  'AggregateError',
])

/** An error without a code cannot be searched for, nor told what happens next. Handlers in tests may throw any. */
export const codedErrors: Rule = {
  name: 'coded errors',
  *check({ sources }) {
    for (const source of sources) {
      if (!source.path.startsWith('src/') || isTest(source.path)) continue
      for (const { node } of walk(source.program)) {
        const callee = node['callee']
        if (node.type !== 'NewExpression' && node.type !== 'CallExpression') continue
        if (!isNode(callee) || callee.type !== 'Identifier') continue
        const name = String(callee['name'])
        if (bare.has(name)) yield at(source, node.start, `a bare ${name}: declare it in src/errors`)
      }
    }
  },
}
