import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { SeededRandom } from '../../testing/index.ts'
import { decodeAbove, decodeText, encodeAbove, encodeText, isElsewhere } from './positions.ts'

suite('the text beside an offset', () => {
  test('says what is settled above it', () => {
    const random = new SeededRandom(1)
    for (let round = 0; round < 200; round++) {
      const watermark = Math.floor(random.next() * 1e12)
      const above: number[] = []
      let last = watermark
      const bounds = 2 * Math.floor(random.next() * 20)
      for (let bound = 0; bound < bounds; bound++) above.push((last += 1 + Math.floor(random.next() ** 8 * 1e6)))
      const { mark, above: text } = decodeText(encodeText('member.1', encodeAbove(watermark, above)))
      assert.equal(mark, 'member.1')
      assert.deepEqual(decodeAbove(watermark, text!), above, `round ${round} of seed 1`)
    }
  })

  test('says that a set is elsewhere, where it is too long for brokers', () => {
    const text = encodeText('member.1', 'x'.repeat(4_000))
    assert.equal(isElsewhere(text), true)
    assert.deepEqual(decodeText(text), { mark: 'member.1', above: undefined })
  })

  test('of another program says nothing, whatever it is', () => {
    for (const text of [
      '',
      ' ',
      '1',
      '1 x y',
      '1700000000 reset by hand',
      '2 mark',
      '{"a":1}',
      'NO_METADATA',
      'mb',
      'mbx y z',
    ])
      assert.deepEqual(decodeText(text), { mark: '', above: '' }, text)
  })

  test('of a newer Metrobus is refused, and so is one that was cut', () => {
    assert.throws(() => decodeText('mb2 mark set'), { code: 'MB_BUS_FAILED', message: /mb2 mark set/ })
    // One bound alone, and one that is cut in the middle.
    assert.throws(() => decodeAbove(5, encodeAbove(5, [7])), { code: 'MB_BUS_FAILED' })
    assert.throws(() => decodeAbove(5, Buffer.from([2, 2, 0x80]).toString('base64url')), { code: 'MB_BUS_FAILED' })
  })
})
