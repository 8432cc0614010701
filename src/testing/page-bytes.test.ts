import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PageBytes } from './page-bytes.ts'

test('gives a copy that neither side changes for the other', () => {
  const bytes = new PageBytes()
  bytes.write(Buffer.from('one'), 0)
  const copy = bytes.copy()

  bytes.write(Buffer.from('O'), 0)
  copy.write(Buffer.from('E'), 2)

  const read = (from: PageBytes): string => {
    const into = Buffer.alloc(from.size)
    from.read(into, 0)
    return into.toString()
  }
  assert.deepEqual([read(bytes), read(copy)], ['One', 'onE'])
})
