/**
 * The table of contents of a ZIP file, and what it lists, unpacked within bounds.
 *
 * It is our own because the place of the table decides what the signature block covers: were that and the files read by two readers, they could be made to disagree, which is
 * how signatures of Android packages have been got around before.
 */
import { inflateRawSync } from 'node:zlib'
import { Fault, check } from './fault.ts'

export interface Zip {
  readonly bytes: Buffer
  readonly entries: ReadonlyMap<string, Entry>
  /** Where the table of contents begins, and where its end record does. */
  readonly directoryStart: number
  readonly endStart: number
}

export interface Entry {
  readonly name: string
  readonly method: number
  readonly packedBytes: number
  readonly bytes: number
  readonly start: number
}

const entriesMax = 65_535
const commentBytesMax = 65_535
const endBytes = 22
/** An app unpacks to two or three times its size; a bomb to hundreds of times. What is small is let be. */
const unpackedShareMax = 100
const unpackedBytesFree = 16 * 1024 * 1024

export function readZip(bytes: Buffer): Zip {
  const endStart = findEnd(bytes)
  const [count, directoryBytes, directoryStart] = [
    bytes.readUInt16LE(endStart + 10),
    bytes.readUInt32LE(endStart + 12),
    bytes.readUInt32LE(endStart + 16),
  ]
  check(directoryStart + directoryBytes === endStart && count < entriesMax, 'broken')
  const entries = readDirectory(bytes.subarray(directoryStart, endStart), count)
  const unpacked = entries.values().reduce((sum, entry) => sum + entry.bytes, 0)
  check(unpacked <= Math.max(unpackedBytesFree, bytes.length * unpackedShareMax), 'zip-bomb')
  return { bytes, entries, directoryStart, endStart }
}

/** The end record is last, but for a comment whose length it tells. */
function findEnd(bytes: Buffer): number {
  const first = Math.max(0, bytes.length - endBytes - commentBytesMax)
  for (let at = bytes.length - endBytes; at >= first; at--)
    if (bytes.readUInt32LE(at) === 0x06_05_4b_50 && at + endBytes + bytes.readUInt16LE(at + 20) === bytes.length)
      return at
  throw new Fault('no-apk')
}

function readDirectory(directory: Buffer, count: number): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>()
  let at = 0
  for (let index = 0; index < count; index++) {
    check(at + 46 <= directory.length && directory.readUInt32LE(at) === 0x02_01_4b_50, 'broken')
    const nameBytes = directory.readUInt16LE(at + 28)
    const name = directory.toString('utf8', at + 46, at + 46 + nameBytes)
    // Two of one name: each reader would take another one.
    check(!entries.has(name), 'broken')
    entries.set(name, {
      name,
      method: directory.readUInt16LE(at + 10),
      packedBytes: directory.readUInt32LE(at + 20),
      bytes: directory.readUInt32LE(at + 24),
      start: directory.readUInt32LE(at + 42),
    })
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
  }
  check(at === directory.length, 'broken')
  return entries
}

/** Never more than the entry announces. */
export function unpack({ bytes, directoryStart }: Zip, entry: Entry, bytesMax: number): Buffer {
  check(entry.bytes <= bytesMax, 'zip-bomb')
  check(entry.start + 30 <= directoryStart && bytes.readUInt32LE(entry.start) === 0x04_03_4b_50, 'broken')
  const start = entry.start + 30 + bytes.readUInt16LE(entry.start + 26) + bytes.readUInt16LE(entry.start + 28)
  check(start + entry.packedBytes <= directoryStart, 'broken')
  const packed = bytes.subarray(start, start + entry.packedBytes)
  check(entry.method === 0 || entry.method === 8, 'broken')
  const unpacked = entry.method === 0 ? packed : inflate(packed, entry.bytes)
  check(unpacked.length === entry.bytes, 'broken')
  return unpacked
}

function inflate(packed: Buffer, bytesMax: number): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, bytesMax) })
  } catch (error) {
    throw new Fault((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'zip-bomb' : 'broken')
  }
}
