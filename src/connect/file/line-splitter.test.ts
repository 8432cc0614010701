import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LineSplitter } from './line-splitter.ts'
import type { Line } from './line-splitter.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes)

function split(chunks: readonly Uint8Array[], lineBytesMax = 1000): Line[] {
  const splitter = new LineSplitter({ lineBytesMax, offset: 0, lines: 0 })
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()]
}

test('gives the same lines however the bytes are cut into chunks', () => {
  const text = fc
    .array(fc.constantFrom('a', 'bc', '\n', '\r\n', 'é', ''), { maxLength: 60 })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(
      text,
      fc.array(fc.nat(12), { minLength: 1, maxLength: 30 }),
      fc.nat(20),
      (text, sizes, lineBytesMax) => {
        const whole = bytesOf(text)
        const chunks: Uint8Array[] = []
        for (let at = 0, turn = 0; at < whole.length; turn++) {
          const size = 1 + sizes[turn % sizes.length]!
          chunks.push(whole.subarray(at, at + size))
          at += size
        }
        const expected = text.split('\n')
        if (expected.at(-1) === '') expected.pop()
        let end = 0
        const lines = split(chunks, lineBytesMax)
        assert.equal(lines.length, expected.length)
        for (const [index, line] of lines.entries()) {
          const { length } = bytesOf(expected[index]!)
          end += length + 1
          assert.equal(line.number, index + 1)
          assert.equal(textOf(line.bytes), length > lineBytesMax ? undefined : expected[index])
          assert.equal(line.end, Math.min(end, whole.length))
        }
      },
    ),
  )
})

test('goes on counting from where it was told to begin', () => {
  const splitter = new LineSplitter({ lineBytesMax: 100, offset: 500, lines: 20 })

  const [line] = splitter.push(bytesOf('abc\n'))

  assert.deepEqual([line?.number, line?.end], [21, 504])
})

test('leaves a byte order mark out of the first line', () => {
  const lines = split([bytesOf('\ufeffa\n\ufeffb\n')])

  assert.deepEqual(
    lines.map(({ bytes }) => textOf(bytes)?.length),
    [1, 1],
  )
  assert.equal(lines[1]?.bytes?.length, 4)
})

test('keeps nothing of a line that is longer than the limit, and goes on with the next', () => {
  const splitter = new LineSplitter({ lineBytesMax: 10, offset: 0, lines: 0 })

  const early = splitter.push(bytesOf('12345678901'))
  const later = splitter.push(bytesOf('x'.repeat(1000) + '\nok\n'))

  assert.deepEqual(early, [])
  assert.deepEqual(
    later.map(({ bytes }) => textOf(bytes)),
    [undefined, 'ok'],
  )
})

test('says whether a line shares the memory of the chunk that was pushed last', () => {
  const splitter = new LineSplitter({ lineBytesMax: 10, offset: 0, lines: 0 })
  const isKept = (text: string): boolean => {
    splitter.push(bytesOf(text))
    return splitter.isChunkKept
  }
  assert.deepEqual(['abc', '\n', 'x'.repeat(20), 'yyy', 'z\nab', ''].map(isKept), [
    true,
    true,
    false,
    false,
    true,
    true,
  ])
})
