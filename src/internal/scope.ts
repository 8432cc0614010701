/**
 * Which handler the running code belongs to, also behind an await: how `send` inside a stop and a rejection that nobody awaits are
 * told to their stop and event.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

const storage: AsyncLocalStorage<object> = new AsyncLocalStorage<object>()

const outside: <Result>(run: () => Result) => Result = AsyncLocalStorage.snapshot()

/** Runs something that belongs to `scope`, with all that it starts. */
export function runInScope<Result>(scope: object, run: () => Result): Result {
  return storage.run(scope, run)
}

/** Runs a handler within its scope, without a closure. */
export function callInScope(
  scope: object,
  handler: (data: unknown, context: unknown) => unknown,
  data: unknown,
): unknown {
  return storage.run(scope, handler, data, scope)
}

/** Runs something that belongs to no handler, whoever asked for it. */
export function runOutside<Result>(run: () => Result): Result {
  return outside(run)
}

/** What the running code belongs to, if anything. */
export function currentScope(): object | undefined {
  return storage.getStore()
}
