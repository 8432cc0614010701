/**
 * The compressions of Kafka, by the number that stands in a batch's attributes. gzip and zstd come from Node, bounded in what they give
 * out; snappy and lz4 from the client (WebAssembly).
 */
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { compressionsAlgorithms } from '@platformatic/kafka'
import { MetrobusError } from '../../../errors/index.ts'

/** One compression: both ways, synchronous, whole blocks. */
export interface Codec {
  /** The number in the attributes of a batch. */
  readonly number: number
  compress(bytes: Buffer): Uint8Array
  decompress(bytes: Buffer): Uint8Array
}

/** Bytes that a gzip or zstd batch may hold once it is decompressed: what a hostile or broken one can cost. */
const decompressedBytesMax = 128 * 1024 * 1024
const bound = { maxOutputLength: decompressedBytesMax }

/** How a producer may compress; not to is no codec. */
export type Compression = 'gzip' | 'snappy' | 'lz4' | 'zstd'

export const codecs: Readonly<Record<Compression, Codec>> = {
  gzip: { number: 1, compress: (bytes) => gzipSync(bytes), decompress: (bytes) => gunzipSync(bytes, bound) },
  snappy: {
    number: 2,
    compress: (bytes) => compressionsAlgorithms.snappy.compressSync(bytes),
    decompress: (bytes) => compressionsAlgorithms.snappy.decompressSync(bytes),
  },
  lz4: {
    number: 3,
    compress: (bytes) => compressionsAlgorithms.lz4.compressSync(bytes),
    decompress: (bytes) => compressionsAlgorithms.lz4.decompressSync(bytes),
  },
  zstd: {
    number: 4,
    compress: (bytes) => zstdCompressSync(bytes),
    decompress: (bytes) => zstdDecompressSync(bytes, bound),
  },
}

const byNumber: readonly (Codec | undefined)[] = [undefined, codecs.gzip, codecs.snappy, codecs.lz4, codecs.zstd]

/** What a compressed block holds. Throws MB_KAFKA_BAD_BATCH for a number that is no compression, and for a block that is none of it. */
export function decompress(number: number, block: Buffer): Buffer {
  const codec = byNumber[number]
  if (codec === undefined)
    throw new MetrobusError('MB_KAFKA_BAD_BATCH', { fault: `its compression ${number} is unknown` })
  try {
    const bytes = codec.decompress(block)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  } catch (cause) {
    throw new MetrobusError('MB_KAFKA_BAD_BATCH', { fault: 'its records cannot be decompressed' }, { cause })
  }
}
