import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { callInScope, currentScope, runInScope, runOutside } from './scope.ts'

test('a handler and all that it awaits belong to its scope, and nothing else does', async () => {
  const [one, two] = [{ name: 'one' }, { name: 'two' }]
  const seen: unknown[] = []
  const handler = async (): Promise<void> => {
    seen.push(currentScope())
    await Promise.resolve()
    seen.push(currentScope())
  }
  const running = [one, two].map((scope) => {
    const result = callInScope(scope, handler, undefined)
    assert.equal(currentScope(), undefined)
    return result
  })
  await Promise.all(running)
  assert.deepEqual(seen, [one, two, one, two])
  assert.equal(currentScope(), undefined)
})

test('a handler that throws leaves its scope behind', () => {
  assert.throws(() => callInScope({}, () => assert.fail('thrown'), undefined), /thrown/)
  assert.equal(currentScope(), undefined)
})

test('a handler is given its data, and its scope as its context', () => {
  const scope = {}
  assert.deepEqual(
    callInScope(scope, (data, context) => [data, context === scope], 'data'),
    ['data', true],
  )
})

test('what a handler leaves is what ran before: the scope of a batch, or that of a user', () => {
  const batch = {}
  runInScope(batch, () => {
    callInScope({}, () => undefined, undefined)
    assert.equal(currentScope(), batch)
    assert.equal(runOutside(currentScope), undefined)
  })
  const own = new AsyncLocalStorage<string>()
  own.run('kept', () => {
    callInScope({}, () => undefined, undefined)
    assert.equal(own.getStore(), 'kept')
  })
})
