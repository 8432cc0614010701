/** The names that a user gives: they stand in topics, slips and commands, so they need no escaping anywhere. */
import { MetrobusError } from '../errors/index.ts'

const pattern = /^[a-z][a-z0-9-]{0,99}$/

/** Whether a name may be given. */
export function isName(name: unknown): name is string {
  return typeof name === 'string' && pattern.test(name)
}

/** Answers the name; throws MB_BAD_NAME. `kind` is the word for what is named: `stop`, `line`. */
export function checkName<Name extends string>(kind: string, name: Name): Name {
  if (!isName(name)) throw new MetrobusError('MB_BAD_NAME', { kind, name: String(name) })
  return name
}
