/**
 * Which handler the running code belongs to, also behind an await: how `send` inside a stop and a rejection that nobody awaits are
 * told to their stop and event.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

const storage: AsyncLocalStorage<object> = new AsyncLocalStorage<object>()

/** Runs a handler within its attempt. */
export function runInScope(scope: object, run: (data: unknown, context: unknown) => unknown, data: unknown): unknown {
  return storage.run(scope, run, data, scope)
}

/** The attempt that the running code belongs to, if any. */
export function currentScope(): object | undefined {
  return storage.getStore()
}
