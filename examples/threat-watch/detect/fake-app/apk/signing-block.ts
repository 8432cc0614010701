/**
 * APK Signature Schemes v2, v3 and v3.1: a block before the table of contents of the ZIP file, signed over everything but itself
 * (source.android.com/docs/security/features/apksigning/v2, /v3). All numbers are little-endian; most things carry their length before them.
 */
import { X509Certificate, constants, createHash, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { check } from './fault.ts'
import { Fields } from './fields.ts'
import type { Zip } from './zip.ts'

/** The newest first: where there are several, Android looks at that one alone. */
const schemes = [
  { id: 0x1b_93_ad_61, hasRange: true },
  { id: 0xf0_53_68_c0, hasRange: true },
  { id: 0x71_09_87_1a, hasRange: false },
] as const

type Scheme = (typeof schemes)[number]

/** In the attributes of v2, with the number of a newer scheme: there was one. */
const strippingProtection = 0xbe_ef_f0_0d

/** The stronger first. DSA, and the digests of file trees (verity), are not read. */
const algorithms = [
  { id: 0x01_02, hash: 'sha512', saltLength: 64 },
  { id: 0x01_04, hash: 'sha512', saltLength: undefined },
  { id: 0x02_02, hash: 'sha512', saltLength: undefined },
  { id: 0x01_01, hash: 'sha256', saltLength: 32 },
  { id: 0x01_03, hash: 'sha256', saltLength: undefined },
  { id: 0x02_01, hash: 'sha256', saltLength: undefined },
] as const

type Algorithm = (typeof algorithms)[number]

/** The certificate of the signer. Undefined where there is no such block. */
export function signerOfBlock(zip: Zip): X509Certificate | undefined {
  const block = findBlock(zip)
  if (block === undefined) return undefined
  const parts = readParts(block.pairs)
  const scheme = schemes.find(({ id }) => parts.has(id))
  if (scheme === undefined) return undefined
  const signers = [...new Fields(parts.get(scheme.id)!).list()]
  check(signers.length > 0, 'broken')
  check(signers.length === 1, 'several-signers')
  return verifiedSigner(zip, block.start, scheme, signers[0]!)
}

const magic = 'APK Sig Block 42'

function findBlock({ bytes, directoryStart }: Zip): { readonly start: number; readonly pairs: Buffer } | undefined {
  if (directoryStart < 32 || bytes.toString('latin1', directoryStart - 16, directoryStart) !== magic) return undefined
  const size = bytes.readBigUInt64LE(directoryStart - 24)
  check(size >= 24n && size <= BigInt(directoryStart - 8), 'broken')
  const start = directoryStart - Number(size) - 8
  check(bytes.readBigUInt64LE(start) === size, 'broken')
  return { start, pairs: bytes.subarray(start + 8, directoryStart - 24) }
}

function readParts(pairs: Buffer): ReadonlyMap<number, Buffer> {
  const parts = new Map<number, Buffer>()
  let at = 0
  while (at < pairs.length) {
    check(at + 12 <= pairs.length, 'broken')
    const size = pairs.readBigUInt64LE(at)
    check(size >= 4n && size <= BigInt(pairs.length - at - 8), 'broken')
    parts.set(pairs.readUInt32LE(at + 8), pairs.subarray(at + 12, at + 8 + Number(size)))
    at += 8 + Number(size)
  }
  return parts
}

function verifiedSigner(zip: Zip, blockStart: number, { hasRange }: Scheme, signer: Buffer): X509Certificate {
  const fields = new Fields(signer)
  const signed = fields.bytes()
  // Of Android versions; what is signed repeats them.
  if (hasRange) fields.skip(8)
  const signatures = [...fields.list()].map((signature) => readNumbered(signature))
  const publicKey = fields.bytes()

  const inner = new Fields(signed)
  const digests = [...inner.list()].map((digest) => readNumbered(digest))
  const [der] = inner.list()
  if (hasRange) inner.skip(8)
  const attributes = [...inner.list()]
  if (!hasRange)
    check(!attributes.some((attribute) => new Fields(attribute).number() === strippingProtection), 'stripped-signature')

  const algorithm = algorithms.find(({ id }) => signatures.some((signature) => signature.id === id))
  check(algorithm !== undefined, 'unknown-signature')
  check(der !== undefined, 'broken')
  const certificate = new X509Certificate(der)
  check(publicKey.equals(certificate.publicKey.export({ format: 'der', type: 'spki' })), 'wrong-signature')
  const of = (all: readonly Numbered[]): Buffer => all.find(({ id }) => id === algorithm.id)?.bytes ?? Buffer.alloc(0)
  check(isSigned(algorithm, signed, certificate.publicKey, of(signatures)), 'wrong-signature')
  check(of(digests).equals(digestOf(zip, blockStart, algorithm.hash)), 'wrong-signature')
  return certificate
}

interface Numbered {
  readonly id: number
  readonly bytes: Buffer
}

function readNumbered(field: Buffer): Numbered {
  const fields = new Fields(field)
  return { id: fields.number(), bytes: fields.bytes() }
}

function isSigned({ hash, saltLength }: Algorithm, data: Buffer, key: KeyObject, signature: Buffer): boolean {
  // Of RSA there are two kinds; the other keys have no padding.
  const padding = saltLength === undefined ? {} : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
  return verify(hash, data, { key, ...padding }, signature)
}

const chunkBytes = 1024 * 1024

/** Over the entries, the table of contents and its end, in pieces of a megabyte. The end is taken as if the block were not there. */
function digestOf({ bytes, directoryStart, endStart }: Zip, blockStart: number, hash: string): Buffer {
  const end = Buffer.from(bytes.subarray(endStart))
  end.writeUInt32LE(blockStart, 16)
  const digests: Buffer[] = []
  for (const section of [bytes.subarray(0, blockStart), bytes.subarray(directoryStart, endStart), end])
    for (let at = 0; at < section.length; at += chunkBytes) {
      const chunk = section.subarray(at, at + chunkBytes)
      digests.push(createHash(hash).update(prefixed(0xa5, chunk.length)).update(chunk).digest())
    }
  return createHash(hash).update(prefixed(0x5a, digests.length)).update(Buffer.concat(digests)).digest()
}

function prefixed(kind: number, count: number): Buffer {
  const prefix = Buffer.from([kind, 0, 0, 0, 0])
  prefix.writeUInt32LE(count, 1)
  return prefix
}
