/**
 * Which handler the running code belongs to, also behind an await: how `send` inside a stop and a rejection that nobody awaits are
 * told to their stop and event.
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'

const storage: AsyncLocalStorage<object> = new AsyncLocalStorage<object>()

const outside: <Result>(run: () => Result) => Result = AsyncLocalStorage.snapshot()

/** Runs something that belongs to `scope`, with all that it starts. */
export function runInScope<Result>(scope: object, run: () => Result): Result {
  return storage.run(scope, run)
}

/** Made while nothing runs in a scope: whatever runs in it begins outside of all. */
const handlers = new AsyncResource('metrobus.handler')

/**
 * Runs a handler within its scope, whatever runs now. Not by `storage.run`, which makes one context to go in and another to come back, and copies what
 * there was into both: 0.19 µs where this takes 0.03. Handlers do not start handlers: on Node 22 the outer one would go on in the scope of the inner one.
 */
export function callInScope(
  scope: object,
  handler: (data: unknown, context: unknown) => unknown,
  data: unknown,
): unknown {
  return handlers.runInAsyncScope(enter, undefined, scope, handler, data)
}

function enter(scope: object, handler: (data: unknown, context: unknown) => unknown, data: unknown): unknown {
  storage.enterWith(scope)
  return handler(data, scope)
}

/** Runs something that belongs to no handler, whoever asked for it. */
export function runOutside<Result>(run: () => Result): Result {
  return outside(run)
}

/** What the running code belongs to, if anything. */
export function currentScope(): object | undefined {
  return storage.getStore()
}
