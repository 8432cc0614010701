/** What differs between two values of JSON, place by place. */

export interface Change {
  /** As `customer.address[0].city`; empty for the value itself. */
  readonly path: string
  /** Undefined where there was nothing. */
  readonly before: unknown
  /** Undefined where there is nothing any more. */
  readonly after: unknown
}

/** More are not looked for: somebody has to read them. */
const changesMax = 200

export function changesOf(before: unknown, after: unknown): readonly Change[] {
  const changes: Change[] = []
  compare('', before, after, changes)
  return changes
}

function compare(path: string, before: unknown, after: unknown, changes: Change[]): void {
  if (changes.length >= changesMax || before === after) return
  if (!isBranch(before) || !isBranch(after) || Array.isArray(before) !== Array.isArray(after)) {
    changes.push({ path, before, after })
    return
  }
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const inner = Array.isArray(before) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`
    compare(inner, before[name], after[name], changes)
  }
}

const isBranch = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

export type Sign = '+' | '−' | '~'

export const signOf = ({ before, after }: Change): Sign =>
  before === undefined ? '+' : after === undefined ? '−' : '~'
