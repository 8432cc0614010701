/** Tests that do not run. A skip says why, in the code; where `CI=true`, none is let through. */
import { at, isNode, isTest, stringOf, walk } from './source.ts'
import type { Finding, Node, Rule, Source } from './source.ts'

const declares = new Set(['test', 'it', 'describe', 'suite'])
const contexts = new Set([...declares, 't', 'context'])
const modes = new Set(['skip', 'only', 'todo'])

export const skips: Rule = {
  name: 'skips',
  *check({ sources, ci }) {
    for (const source of sources) {
      if (!isTest(source.path)) continue
      for (const { node } of walk(source.program)) if (node.type === 'CallExpression') yield* inCall(source, node, ci)
    }
  },
}

function* inCall(source: Source, call: Node, ci: boolean): Generator<Finding> {
  const callee = call['callee']
  const args = Array.isArray(call['arguments']) ? call['arguments'] : []
  if (!isNode(callee)) return
  const mode = modeOf(callee)
  if (mode !== undefined) {
    // `t.skip('why')` takes its reason; `test.skip('name', …)` has no place for one.
    const reason = inTest(callee) ? stringOf(args[0]) : undefined
    yield* judge(source, call, mode, reason, ci)
  } else if (isDeclaration(callee)) {
    for (const options of args) yield* inOptions(source, options, ci)
  }
}

function* inOptions(source: Source, options: unknown, ci: boolean): Generator<Finding> {
  if (!isNode(options) || options.type !== 'ObjectExpression') return
  const properties = Array.isArray(options['properties']) ? options['properties'] : []
  for (const property of properties) {
    if (!isNode(property) || !isNode(property['key']) || !isNode(property['value'])) continue
    const mode = String(property['key']['name'] ?? property['key']['value'])
    if (!modes.has(mode) || property['value']['value'] === false) continue
    // A condition is judged when it is known: tools/test.ts fails the run that skips under CI.
    if (mode !== 'only' && reasonsWhenTrue(property['value'])) continue
    yield* judge(source, property, mode, stringOf(property['value']), ci)
  }
}

function* judge(source: Source, node: Node, mode: string, reason: string | undefined, ci: boolean): Generator<Finding> {
  if (mode === 'only') yield at(source, node.start, '`only` leaves the other tests out')
  else if (reason === undefined || reason.trim() === '')
    yield at(source, node.start, `\`${mode}\` without a reason: give a string, not true`)
  else if (ci) yield at(source, node.start, `\`${mode}\` in CI: ${reason}`)
}

/** `condition ? 'why' : false` and `condition && 'why'`. */
function reasonsWhenTrue(value: Node): boolean {
  if (value.type === 'ConditionalExpression')
    return [value['consequent'], value['alternate']].every(
      (branch) => stringOf(branch) !== undefined || (isNode(branch) && branch['value'] === false),
    )
  return value.type === 'LogicalExpression' && value['operator'] === '&&' && stringOf(value['right']) !== undefined
}

const identifier = (node: unknown): string => (isNode(node) && node.type === 'Identifier' ? String(node['name']) : '')

const modeOf = (callee: Node): string | undefined => {
  if (callee.type !== 'MemberExpression' || !contexts.has(identifier(callee['object']))) return undefined
  const property = identifier(callee['property'])
  return modes.has(property) ? property : undefined
}

const inTest = (callee: Node): boolean => !declares.has(identifier(callee['object']))

const isDeclaration = (callee: Node): boolean =>
  declares.has(identifier(callee)) ||
  (callee.type === 'MemberExpression' &&
    contexts.has(identifier(callee['object'])) &&
    declares.has(identifier(callee['property'])))
