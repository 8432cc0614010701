/**
 * The catalogue of coded errors: one line a code, permanent, never reused. A message says what happened and what to do.
 * `family`: `retry` the same work later, `stop` the process or the start, `park` the event, `refuse` the caller.
 */
export const catalogue = {
  // definition: programmer mistakes, thrown while an app is put together
  MB_BAD_OPTIONS: {
    family: 'stop',
    message: (f: { what: string; faults: readonly string[] }): string =>
      `${f.what} cannot be used: ${f.faults.join('; ')}.`,
  },
  MB_BAD_NAME: {
    family: 'stop',
    message: (f: { kind: string; name: string }): string =>
      `The ${f.kind} name ${JSON.stringify(f.name)} is not allowed: use 1 to 100 of a-z, 0-9 and "-", beginning with a letter.`,
  },
  MB_DUPLICATE_NAME: {
    family: 'stop',
    message: (f: { kind: string; name: string }): string =>
      `Two ${f.kind}s are called "${f.name}": give each its own name.`,
  },
  MB_UNDECLARED_TARGET: {
    family: 'stop',
    message: (f: { where: string; target: string; declared: readonly string[] }): string =>
      `${f.where} chose "${f.target}", which it did not declare: it declared ${f.declared.join(', ') || 'nothing'}.`,
  },
  // entry
  MB_INVALID_EVENT: {
    family: 'refuse',
    message: (f: { entry: string; issues: readonly string[] }): string =>
      `The entry "${f.entry}" refused an event: ${f.issues.join('; ')}.`,
  },
  MB_UNKNOWN_ENTRY: {
    family: 'refuse',
    message: (f: { entry: string; known: readonly string[] }): string =>
      `There is no entry "${f.entry}": this app has ${f.known.join(', ')}.`,
  },
  // stop
  MB_NO_OUTCOME: {
    family: 'park',
    message: (f: { stop: string }): string =>
      `The stop "${f.stop}" declares an output and returned undefined: return a value, null for a tombstone, or an outcome such as drop('slug').`,
  },
} as const
