import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import * as fc from 'fast-check'
import { PNG } from 'pngjs'
import { bitsThatDiffer, iconHashOf } from './icon-hash.ts'

type Colour = readonly [red: number, green: number, blue: number, alpha: number]

/** A drawing in numbers from 0 to 1, so that it can be made in any size. */
function png(size: number, draw: (x: number, y: number) => Colour): Buffer {
  const image = new PNG({ width: size, height: size })
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) image.data.set(draw(x / size, y / size), (y * size + x) * 4)
  return PNG.sync.write(image)
}

const isInside = (x: number, y: number, radius: number): boolean => (x - 0.5) ** 2 + (y - 0.5) ** 2 < radius ** 2
const ring = (x: number, y: number): Colour =>
  isInside(x, y, 0.4) && !isInside(x, y, 0.2) ? [200, 30, 40, 255] : [250, 240, 230, 255]
const stripes = (x: number, y: number): Colour =>
  Math.floor((x + y) * 5) % 2 === 0 ? [20, 60, 160, 255] : [255, 255, 255, 255]

const hash = (file: Uint8Array): string => {
  const hash = iconHashOf(file)
  assert.match(hash ?? 'none', /^[0-9a-f]{16}$/)
  return hash!
}

test('an icon is the same in another size, in other shades, and on nothing instead of white', () => {
  const original = hash(png(96, ring))
  const shaded = png(96, (x, y) => {
    const [red, green, blue, alpha] = ring(x, y)
    return [red + 5, green + 9, blue - 6, alpha]
  })
  const onNothing = png(96, (x, y) => (isInside(x, y, 0.4) && !isInside(x, y, 0.2) ? [200, 30, 40, 255] : [0, 0, 0, 0]))

  assert.ok(bitsThatDiffer(original, hash(png(48, ring))) <= 4)
  assert.ok(bitsThatDiffer(original, hash(shaded)) <= 4)
  assert.ok(bitsThatDiffer(original, hash(onNothing)) <= 4)
})

test('another icon is another one', () => {
  assert.ok(bitsThatDiffer(hash(png(96, ring)), hash(png(96, stripes))) >= 18)
})

test('what nobody sees makes no bits', () => {
  const fading = png(72, (x) => [200 - Math.floor(x * 9), 200 - Math.floor(x * 9), 200 - Math.floor(x * 9), 255])
  assert.equal(hash(fading), '0000000000000000')
})

test('bits are counted in both directions', () => {
  assert.equal(bitsThatDiffer('ffffffffffffffff', '0000000000000000'), 64)
  assert.equal(bitsThatDiffer('8000000000000001', '0000000000000001'), 1)
})

test('what is no PNG, or a broken one, has no hash', () => {
  const icon = png(32, ring)
  const broken = [
    Buffer.alloc(0),
    Buffer.from('GIF89a'),
    icon.subarray(0, 40),
    icon.subarray(0, icon.length - 20),
    Buffer.alloc(2_000_000),
  ]
  for (const file of broken) assert.equal(iconHashOf(file), null)
})

test('an image that would fill the memory is not unpacked', () => {
  const announced = (width: number, height: number, interlace: number, bytes = 8 * 1024 * 1024): Buffer => {
    const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 6, 0, 0, interlace])
    header.writeUInt32BE(width, 0)
    header.writeUInt32BE(height, 4)
    return assemble([
      ['IHDR', header],
      ['IDAT', deflateSync(Buffer.alloc(bytes))],
      ['IEND', Buffer.alloc(0)],
    ])
  }

  assert.equal(iconHashOf(announced(40_000, 40_000, 0)), null)
  assert.equal(iconHashOf(announced(32, 32, 0)), null)
  // As long as it should be, and interlaced.
  assert.equal(iconHashOf(announced(16, 16, 1, 1054)), null)
})

test('whatever is changed in a file, there is a hash or there is none', () => {
  const icon = png(16, stripes)
  fc.assert(
    fc.property(fc.nat(icon.length - 1), fc.nat(255), (at, byte) => {
      const changed = Buffer.from(icon)
      changed[at] = byte
      const found = iconHashOf(changed)
      assert.ok(found === null || /^[0-9a-f]{16}$/.test(found))
    }),
    { numRuns: 300 },
  )
})

/** A PNG of chunks, with right checksums. */
function assemble(chunks: readonly (readonly [type: string, data: Buffer])[]): Buffer {
  const parts = chunks.map(([type, data]) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const frame = Buffer.alloc(body.length + 8)
    frame.writeUInt32BE(data.length, 0)
    body.copy(frame, 4)
    frame.writeUInt32BE(crc32(body), body.length + 4)
    return frame
  })
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...parts])
}
