/** The words of an expression, each with the place where it begins. */
import { MetrobusError } from '../../errors/index.ts'

export interface Token {
  readonly kind: 'name' | 'sign' | 'text' | 'number' | 'end'
  /** Of a text without its quotes and escapes. */
  readonly text: string
  readonly at: number
}

const pieces =
  /(?<space>\s+)|(?<name>[A-Za-z_][A-Za-z0-9_-]*)|(?<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<sign>!=|<=|>=|[=<>()[\].])/suy

/** Throws MB_BAD_SEARCH, which points at the character that is not understood. */
export function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = []
  pieces.lastIndex = 0
  while (pieces.lastIndex < source.length) {
    const at = pieces.lastIndex
    const groups = pieces.exec(source)?.groups
    if (groups === undefined) throw fault(source, at, problemOf(source, at))
    const [kind, text] = Object.entries(groups).find(([, found]) => found !== undefined) as [string, string]
    if (kind === 'space') continue
    tokens.push({ kind: kind as Token['kind'], text: kind === 'text' ? textOf(source, at, text) : text, at })
  }
  tokens.push({ kind: 'end', text: '', at: source.length })
  return tokens
}

/** The error about a place of an expression. */
export function fault(source: string, at: number, problem: string): MetrobusError {
  const from = Math.max(0, at - 20)
  return new MetrobusError('MB_BAD_SEARCH', { character: at + 1, near: source.slice(from, at + 20), problem })
}

function problemOf(source: string, at: number): string {
  const character = String.fromCodePoint(source.codePointAt(at)!)
  return character === '"' || character === "'"
    ? `the text that begins here has no ${character} at its end`
    : `${JSON.stringify(character)} means nothing here`
}

/** The escapes are those of JSON, in either kind of quotes. */
function textOf(source: string, at: number, quoted: string): string {
  const inner = quoted.slice(1, -1)
  const json = quoted.startsWith("'") ? inner.replaceAll("\\'", "'").replaceAll('"', '\\"') : inner
  try {
    return JSON.parse(`"${json}"`) as string
  } catch {
    throw fault(source, at, 'the text that begins here has an escape or a control character that JSON does not know')
  }
}
