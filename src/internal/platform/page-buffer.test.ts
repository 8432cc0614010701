import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cutAtPages, pageBuffer, pageBytes } from './page-buffer.ts'

const bytesMin = 2 * pageBytes

test('cuts a write into parts that follow each other, whole pages apart from the rest', () => {
  const pages = pageBuffer(1024 * 1024)
  for (let at = 0; at < pages.length; at += 4) pages.writeUInt32LE(at, at)
  const piece = fc.record({ size: fc.integer({ min: 1, max: 9 * pageBytes }), isInPages: fc.boolean() })
  fc.assert(
    fc.property(fc.nat(3 * pageBytes), fc.array(piece, { maxLength: 8 }), fc.nat(1), (position, pieces, shift) => {
      let at = (position % pageBytes) + shift
      const buffers = pieces.map(({ size, isInPages }) => {
        const bytes = pages.subarray(at, at + size)
        at += size
        return isInPages ? bytes : Buffer.from(bytes)
      })

      const parts = cutAtPages(buffers, position, bytesMin)

      let next = position
      for (const { buffers: bytes, position: start, isPages } of parts) {
        assert.equal(start, next)
        if (isPages) {
          assert.equal(bytes.length, 1)
          assert.ok(bytes[0]!.length >= bytesMin, 'worth a write of its own')
          for (const place of [start, bytes[0]!.length, bytes[0]!.byteOffset]) assert.equal(place % pageBytes, 0)
        }
        for (const { length } of bytes) next += length
      }
      assert.ok(Buffer.concat(parts.flatMap((part) => part.buffers)).equals(Buffer.concat(buffers)))
    }),
  )
})

test('finds whole pages in memory and file that have the same phase, and none elsewhere', () => {
  const bytes = pageBuffer(5 * pageBytes).subarray(100)
  const isPages = (position: number): readonly boolean[] =>
    cutAtPages([bytes], position, bytesMin).map((part) => part.isPages)

  assert.deepEqual(isPages(100), [false, true])
  assert.deepEqual(isPages(7 * pageBytes + 100), [false, true])
  assert.deepEqual(isPages(101), [false])
  assert.deepEqual(
    cutAtPages([Buffer.alloc(5 * pageBytes)], 0, bytesMin).map((part) => part.isPages),
    [false],
  )
})
