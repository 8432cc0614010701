/** Certificates for tests: an authority that is made in a moment, and what it signs. */
import { webcrypto } from 'node:crypto'
import * as asn1 from 'asn1js'
import * as pki from 'pkijs'

const oids: Readonly<Record<string, string>> = { CN: '2.5.4.3', O: '2.5.4.10' }
const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' }
let serial = 1

/** An authority of a test, that makes certificates. */
export async function authority(name: string) {
  const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify'])
  const whose = { CN: name }
  return {
    pem: await certificate(whose, keys, whose, keys, true),
    async certify(subject: Readonly<Record<string, string>>) {
      const own = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify'])
      const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', own.privateKey))
      return { cert: await certificate(subject, own, whose, keys, false), key: pem('PRIVATE KEY', key) }
    },
  }
}

async function certificate(
  subject: Readonly<Record<string, string>>,
  { publicKey }: webcrypto.CryptoKeyPair,
  issuer: Readonly<Record<string, string>>,
  signer: webcrypto.CryptoKeyPair,
  isAuthority: boolean,
): Promise<string> {
  const engine = new pki.CryptoEngine({ name: 'node', crypto: webcrypto as never })
  const made = new pki.Certificate({ version: 2, serialNumber: new asn1.Integer({ value: serial++ }) })
  const named = (name: pki.RelativeDistinguishedNames, parts: Readonly<Record<string, string>>): void => {
    for (const [part, value] of Object.entries(parts))
      name.typesAndValues.push(
        new pki.AttributeTypeAndValue({ type: oids[part]!, value: new asn1.Utf8String({ value }) }),
      )
  }
  named(made.subject, subject)
  named(made.issuer, issuer)
  made.notBefore.value = new Date('2020-01-01')
  made.notAfter.value = new Date('2049-01-01')
  const basic = new pki.BasicConstraints({ cA: isAuthority })
  const names = new pki.GeneralNames({ names: [new pki.GeneralName({ type: 2, value: 'localhost' })] })
  made.extensions = [
    new pki.Extension({ extnID: '2.5.29.19', critical: true, extnValue: basic.toSchema().toBER(), parsedValue: basic }),
    new pki.Extension({
      extnID: '2.5.29.17',
      critical: false,
      extnValue: names.toSchema().toBER(),
      parsedValue: names,
    }),
  ]
  await made.subjectPublicKeyInfo.importKey(publicKey as never, engine)
  await made.sign(signer.privateKey as never, 'SHA-256', engine)
  return pem('CERTIFICATE', Buffer.from(made.toSchema(true).toBER()))
}

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`
