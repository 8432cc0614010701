/**
 * Who has signed an Android package. The certificate alone proves nothing, because anybody can copy it: the signature is checked, and that it is over this very file.
 *
 * What is not looked at: the keys that a signer has had before (rotation of v3), dates and revocation. Android ignores the latter two as well.
 */
import type { X509Certificate } from 'node:crypto'
import { Fault } from './fault.ts'
import type { Reason } from './fault.ts'
import { signerOfJar } from './jar-signature.ts'
import { signerOfBlock } from './signing-block.ts'
import { readZip } from './zip.ts'

const bytesMax = 256 * 1024 * 1024

/** SHA-256 of the signing certificate, as 64 hexadecimal digits, or why there is none. Whatever the file is, it takes no more memory than a copy of the largest entry. */
export function certificatesOf(apk: Uint8Array): readonly string[] | { readonly reason: Reason } {
  const bytes = Buffer.from(apk.buffer, apk.byteOffset, apk.byteLength)
  if (bytes.length > bytesMax) return { reason: 'too-large' }
  try {
    const zip = readZip(bytes)
    const certificate = signerOfBlock(zip) ?? signerOfJar(zip)
    return certificate === undefined ? { reason: 'not-signed' } : [fingerprintOf(certificate)]
  } catch (error) {
    // The readers of keys and of ASN.1 throw errors of their own: what they cannot read is broken.
    return { reason: error instanceof Fault ? error.reason : 'broken' }
  }
}

const fingerprintOf = ({ fingerprint256 }: X509Certificate): string => fingerprint256.replaceAll(':', '').toLowerCase()
