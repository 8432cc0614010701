/**
 * Signature scheme v1, the one of JAR files: META-INF/MANIFEST.MF has a digest of each entry, a file *.SF one of the manifest, and a PKCS #7 file beside it the signature of that
 * (docs.oracle.com/javase/8/docs/technotes/guides/jar/jar.html). Only SHA-256 and better count.
 */
import { X509Certificate, createHash, verify } from 'node:crypto'
import { Certificate, ContentInfo, IssuerAndSerialNumber, SignedData } from 'pkijs'
import type { SignerInfo } from 'pkijs'
import { Fault, check } from './fault.ts'
import { unpack } from './zip.ts'
import type { Entry, Zip } from './zip.ts'

const manifestName = 'META-INF/MANIFEST.MF'
const isSignature = /^META-INF\/[^/]+\.(?:RSA|EC|DSA)$/
/** Of the files of the signature, each. */
const signatureBytesMax = 4 * 1024 * 1024
/** Of all entries together: each is unpacked, to be digested, while nothing else goes on. Who signs by this scheme alone makes old and small apps. */
const unpackedBytesMax = 128 * 1024 * 1024

/** The certificate of the signer. Undefined where nobody has signed in this way. */
export function signerOfJar(zip: Zip): X509Certificate | undefined {
  const blocks = [...zip.entries.values()].filter(({ name }) => isSignature.test(name))
  const [block] = blocks
  if (block === undefined) return undefined
  check(blocks.length === 1, 'several-signers')
  const signatureFile = unpackFile(zip, block.name.replace(/\.\w+$/, '.SF'))
  const certificate = signerOf(unpackFile(zip, block.name), signatureFile)
  checkManifest(zip, signatureFile.toString('utf8'))
  return certificate
}

function unpackFile(zip: Zip, name: string): Buffer {
  const entry = zip.entries.get(name)
  check(entry !== undefined, 'broken')
  return unpack(zip, entry, signatureBytesMax)
}

function signerOf(pkcs7: Buffer, signed: Buffer): X509Certificate {
  const data = new SignedData({ schema: ContentInfo.fromBER(new Uint8Array(pkcs7)).content })
  const [signer] = data.signerInfos
  check(signer !== undefined && data.signerInfos.length === 1, 'several-signers')
  const { sid } = signer
  check(sid instanceof IssuerAndSerialNumber, 'unknown-signature')
  const certificate = data.certificates?.find(
    (one) => one instanceof Certificate && one.issuer.isEqual(sid.issuer) && one.serialNumber.isEqual(sid.serialNumber),
  )
  check(certificate !== undefined, 'broken')
  const hash = hashes[signer.digestAlgorithm.algorithmId]
  check(hash !== undefined, 'unknown-signature')
  const x509 = new X509Certificate(Buffer.from(certificate.toSchema().toBER()))
  // Node checks it, and not the library: Android's own tool names an algorithm for elliptic keys by which the library knows none.
  const isRight = verify(
    hash,
    signedBytes(signer, signed, hash),
    x509.publicKey,
    signer.signature.valueBlock.valueHexView,
  )
  check(isRight, 'wrong-signature')
  return x509
}

/** What is signed is the file itself, or attributes of which one is its digest. */
function signedBytes({ signedAttrs }: SignerInfo, file: Buffer, hash: string): Buffer {
  if (signedAttrs === undefined) return file
  const attribute = signedAttrs.attributes.find(({ type }) => type === messageDigest)
  const [digest] = (attribute?.values ?? []) as readonly Octets[]
  check(
    digest !== undefined && createHash(hash).update(file).digest().equals(digest.valueBlock.valueHexView),
    'wrong-signature',
  )
  return Buffer.from(signedAttrs.encodedValue)
}

/** As the library reads a string of bytes. */
interface Octets {
  readonly valueBlock: { readonly valueHexView: Uint8Array }
}

/** By their object identifiers. */
const hashes: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}
const messageDigest = '1.2.840.113549.1.9.4'

function checkManifest(zip: Zip, signatureFile: string): void {
  const [head = new Map<string, string>()] = sections(signatureFile)
  // Whoever signed with a newer scheme, too, said so here, lest it be taken out.
  check(!/[23]/.test(head.get('x-android-apk-signed') ?? ''), 'stripped-signature')
  const manifest = unpackFile(zip, manifestName)
  checkDigest(head, '-digest-manifest', manifest)

  const files = new Map(sections(manifest.toString('utf8')).map((section) => [section.get('name'), section]))
  let left = unpackedBytesMax
  for (const entry of zip.entries.values()) {
    if (isOfSignature(entry)) continue
    check(entry.bytes <= left, 'too-large')
    const section = files.get(entry.name)
    // Somebody put it there afterwards.
    check(section !== undefined, 'wrong-signature')
    checkDigest(section, '-digest', unpack(zip, entry, left))
    left -= entry.bytes
  }
}

const isOfSignature = ({ name }: Entry): boolean =>
  name.endsWith('/') || name === manifestName || /^META-INF\/[^/]+\.(?:SF|RSA|EC|DSA)$/.test(name)

function checkDigest(section: ReadonlyMap<string, string>, suffix: string, bytes: Buffer): void {
  for (const [field, hash] of [
    ['sha-512', 'sha512'],
    ['sha-256', 'sha256'],
  ] as const) {
    const digest = section.get(`${field}${suffix}`)
    if (digest === undefined) continue
    check(createHash(hash).update(bytes).digest('base64') === digest, 'wrong-signature')
    return
  }
  throw new Fault('unknown-signature')
}

/** Lines of `Name: value`, longer ones going on behind a space; an empty line between sections. Names are in lower case. */
function sections(text: string): readonly ReadonlyMap<string, string>[] {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll('\n ', '')
    .split(/\n{2,}/)
    .map((section) => {
      const lines = section.split('\n').filter((line) => line.includes(': '))
      return new Map(
        lines.map((line) => [line.slice(0, line.indexOf(': ')).toLowerCase(), line.slice(line.indexOf(': ') + 2)]),
      )
    })
}
