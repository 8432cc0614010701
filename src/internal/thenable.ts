/** Something to be waited for; a promise is looked for first, for nearly all are. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value instanceof Promise ||
    (typeof value === 'object' && value !== null && typeof (value as { readonly then?: unknown }).then === 'function')
  )
}
