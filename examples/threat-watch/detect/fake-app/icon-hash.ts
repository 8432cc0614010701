/**
 * What an icon looks like, in 64 bits: icons that look alike differ in few of them, also after they were scaled, recoloured a little or compressed again.
 *
 * It is the difference hash that Neal Krawetz published in "Kind of Like That" (hackerfactor.com, 2013): the image is shrunk to 9 x 8 grey fields, and each bit says whether a
 * field is lighter than the one to its right. The libraries for it bring native code or decoders for all kinds of images; a store has PNG.
 */
import { PNG } from 'pngjs'

const columns = 9
const rows = 8
const bytesMax = 1024 * 1024
const sideMax = 1024
/** Of 255. Fields that differ by less are the same: in a flat area it is noise. */
const greysMin = 3

/** As 16 hexadecimal digits. Null for what is no PNG, broken or too large: nothing is unpacked beyond the size that the file announces, and that is looked at first. */
export function iconHashOf(file: Uint8Array): string | null {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  if (bytes.length > bytesMax || !isReadable(bytes)) return null
  try {
    const { width, height, data } = PNG.sync.read(bytes)
    return hashOf(fieldsOf(data, width, height))
  } catch {
    // The reasons of the decoder are about its insides. There is no icon to compare, and that is all.
    return null
  }
}

/** Of 64. */
export function bitsThatDiffer(a: string, b: string): number {
  let bits = 0
  for (let digit = 0; digit < a.length; digit++)
    bits += bitsIn[Number.parseInt(a[digit]!, 16) ^ Number.parseInt(b[digit]!, 16)]!
  return bits
}

const bitsIn = Array.from({ length: 16 }, (_, digit) => digit.toString(2).replaceAll('0', '').length)

/** By the header, which is first and of fixed size. Interlaced images are left out: the decoder would unpack them without bound. */
function isReadable(bytes: Buffer): boolean {
  if (bytes.length < 33 || bytes.toString('latin1', 12, 16) !== 'IHDR') return false
  const [width, height, interlace] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes[28]]
  return width >= columns && height >= rows && width <= sideMax && height <= sideMax && interlace === 0
}

/** The mean grey of each field, on white where it can be seen through. */
function fieldsOf(rgba: Buffer, width: number, height: number): Float64Array {
  const sums = new Float64Array(columns * rows)
  const counts = new Float64Array(columns * rows)
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * rows) / height) * columns
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4
      const field = row + Math.floor((x * columns) / width)
      const grey = 0.299 * rgba[at]! + 0.587 * rgba[at + 1]! + 0.114 * rgba[at + 2]!
      const alpha = rgba[at + 3]! / 255
      sums[field]! += grey * alpha + 255 * (1 - alpha)
      counts[field]! += 1
    }
  }
  return sums.map((sum, field) => sum / counts[field]!)
}

function hashOf(fields: Float64Array): string {
  let hash = 0n
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns - 1; column++) {
      const at = row * columns + column
      hash = (hash << 1n) | (fields[at]! - fields[at + 1]! >= greysMin ? 1n : 0n)
    }
  return hash.toString(16).padStart(16, '0')
}
