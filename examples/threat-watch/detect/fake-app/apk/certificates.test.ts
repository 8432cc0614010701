import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import * as fc from 'fast-check'
import { certificatesOf } from './certificates.ts'
import { readZip, unpack } from './zip.ts'

const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'fixtures', name))
const certificates = JSON.parse(fixture('certificates.json').toString('utf8')) as Record<string, string>

/** The certificate, by the name of its key, or the reason why there is none. */
function signer(apk: Uint8Array): string {
  const found = certificatesOf(apk)
  if ('reason' in found) return found.reason
  assert.equal(found.length, 1)
  return Object.keys(certificates).find((key) => certificates[key] === found[0]) ?? found[0]!
}

interface File {
  readonly name: string
  readonly bytes: Buffer
  /** When it is not the length of the bytes. */
  readonly announced?: number
}

/** A ZIP file, with each file packed. */
function zipOf(files: readonly File[]): Buffer {
  const locals: Buffer[] = []
  const heads: Buffer[] = []
  let start = 0
  for (const { name, bytes, announced } of files) {
    const packed = deflateRawSync(bytes)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(8, 4)
    fields.writeUInt32LE(packed.length, 14)
    fields.writeUInt32LE(announced ?? bytes.length, 18)
    fields.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), packed])
    const place = Buffer.alloc(14)
    place.writeUInt32LE(start, 10)
    heads.push(Buffer.concat([Buffer.from('PK\x01\x02\0\0'), fields, place, Buffer.from(name)]))
    locals.push(local)
    start += local.length
  }
  const directory = Buffer.concat(heads)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(start, 16)
  return Buffer.concat([...locals, directory, end])
}

function filesOf(apk: Buffer): readonly File[] {
  const zip = readZip(apk)
  return [...zip.entries.values()].map((entry) => ({ name: entry.name, bytes: unpack(zip, entry, 1_000_000) }))
}

function withNumber(apk: Buffer, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(from)
  const changed = Buffer.from(apk)
  const at = changed.indexOf(bytes)
  assert.ok(at > 0)
  changed.writeUInt32LE(to, at)
  return changed
}

/** The file as it was before the block was put in. */
function withoutBlock(apk: Buffer): Buffer {
  const { directoryStart, endStart } = readZip(apk)
  const start = directoryStart - 8 - Number(apk.readBigUInt64LE(directoryStart - 24))
  const cut = Buffer.concat([apk.subarray(0, start), apk.subarray(directoryStart)])
  cut.writeUInt32LE(start, endStart - (directoryStart - start) + 16)
  return cut
}

test('the signer of a real package is known, by each scheme and kind of key', () => {
  for (const name of ['client-v1', 'client-jar', 'client-v2', 'client-v3', 'client-all'])
    assert.equal(signer(fixture(`${name}.apk`)), 'client', name)
  for (const name of ['elliptic-v1', 'elliptic-v2']) assert.equal(signer(fixture(`${name}.apk`)), 'elliptic', name)
  assert.equal(signer(fixture('other-all.apk')), 'other')
  // Scheme v3.1 is written like v3, under another number.
  assert.equal(signer(withNumber(fixture('client-v3.apk'), 0xf0_53_68_c0, 0x1b_93_ad_61)), 'client')
})

test('what has no signer, or more than one, says so', () => {
  assert.equal(signer(fixture('unsigned.apk')), 'not-signed')
  assert.equal(signer(fixture('two-signers-v1.apk')), 'several-signers')
  assert.equal(signer(fixture('two-signers-v2.apk')), 'several-signers')
  assert.equal(signer(zipOf([])), 'not-signed')
})

test('a signature that is copied to another content is not that of its certificate', () => {
  const apk = fixture('client-v3.apk')
  const changed = Buffer.from(apk)
  changed[60]! ^= 1
  const files = filesOf(fixture('client-v1.apk'))
  const words = files.find(({ name }) => name.startsWith('assets/'))!
  const others = files.filter((file) => file !== words)

  assert.equal(signer(changed), 'wrong-signature')
  assert.equal(signer(zipOf(files)), 'client')
  assert.equal(signer(zipOf([...others, { ...words, bytes: Buffer.from('Something else.') }])), 'wrong-signature')
  assert.equal(signer(zipOf([...files, { name: 'classes.dex', bytes: Buffer.from('dex') }])), 'wrong-signature')
})

test('a certificate without the signature of its key is worth nothing', () => {
  // Scheme v2 ends with the public key, which is in the certificate, too, and the signature stands before it.
  const apk = fixture('client-v2.apk')
  const publicKey = apk.lastIndexOf(Buffer.from('300d06092a864886f70d0101010500', 'hex'))
  for (const at of [publicKey + 40, publicKey - 40]) {
    const changed = Buffer.from(apk)
    changed[at]! ^= 1
    assert.equal(signer(changed), 'wrong-signature')
  }
})

test('the files of a JAR signature hang together', () => {
  for (const apk of ['client-v1.apk', 'client-jar.apk']) {
    const files = filesOf(fixture(apk))
    const change = (ending: string, text: string): readonly File[] =>
      files.map(({ name, bytes }) =>
        name.endsWith(ending) ? { name, bytes: Buffer.concat([bytes, Buffer.from(text)]) } : { name, bytes },
      )
    const without = (ending: string): readonly File[] => files.filter(({ name }) => !name.endsWith(ending))

    assert.equal(signer(zipOf(change('.SF', '\r\nX: y\r\n'))), 'wrong-signature')
    assert.equal(signer(zipOf(change('.MF', '\r\nX: y\r\n'))), 'wrong-signature')
    assert.equal(signer(zipOf(without('.SF'))), 'broken')
    assert.equal(signer(zipOf(without('.MF'))), 'broken')
    assert.equal(signer(zipOf(without('.RSA'))), 'not-signed')
    assert.equal(signer(zipOf([...without('.RSA'), { name: 'META-INF/A.RSA', bytes: Buffer.from('none') }])), 'broken')
  }
})

test('a newer signature that was taken out is missed', () => {
  const all = fixture('client-all.apk')
  assert.equal(signer(withoutBlock(all)), 'stripped-signature')
  assert.equal(signer(withNumber(all, 0xf0_53_68_c0, 1)), 'stripped-signature')
  assert.equal(signer(withoutBlock(fixture('client-v2.apk'))), 'not-signed')
})

test('a file that unpacks to much more than it is, is a bomb, whatever it says of itself', () => {
  const zeros = Buffer.alloc(20 * 1024 * 1024)
  const announced = zipOf([{ name: 'classes.dex', bytes: zeros }])
  const hidden = zipOf([
    { name: 'META-INF/A.RSA', bytes: zeros, announced: 1_000 },
    { name: 'META-INF/A.SF', bytes: zeros, announced: 1_000 },
  ])
  const large = zipOf([
    { name: 'META-INF/A.RSA', bytes: zeros.subarray(0, 9_000_000) },
    { name: 'META-INF/A.SF', bytes: zeros.subarray(0, 5_000_000) },
  ])

  const files = filesOf(fixture('client-v1.apk'))
  const long = { name: 'assets/film', bytes: Buffer.from('...'), announced: 130 * 1024 * 1024 }
  const noise = { name: 'assets/noise', bytes: randomBytes(2 * 1024 * 1024) }

  assert.equal(signer(zipOf([...files, long, noise])), 'too-large')
  assert.equal(signer(announced), 'zip-bomb')
  assert.equal(signer(hidden), 'zip-bomb')
  assert.equal(signer(large), 'zip-bomb')
})

test('what is no package is none', () => {
  const twice = zipOf([
    { name: 'a', bytes: Buffer.from('1') },
    { name: 'a', bytes: Buffer.from('2') },
  ])

  assert.equal(signer(Buffer.alloc(0)), 'no-apk')
  assert.equal(signer(Buffer.from('<html>not found</html>')), 'no-apk')
  assert.equal(signer(Buffer.alloc(257 * 1024 * 1024)), 'too-large')
  assert.equal(signer(twice), 'broken')
})

test('a file that is cut off has no signer', () => {
  for (const name of ['client-v1', 'client-v2', 'client-all'])
    for (let length = 0, apk = fixture(`${name}.apk`); length < apk.length; length += 97)
      assert.equal(signer(apk.subarray(0, length)), 'no-apk')
})

test('whatever is changed in a file, its signer does not become somebody else', () => {
  const names = ['client-v1', 'client-jar', 'client-v2', 'client-v3', 'client-all', 'elliptic-v1']
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(fc.constantFrom(...names), changes, (name, changes) => {
      const apk = fixture(`${name}.apk`)
      const changed = Buffer.from(apk)
      for (const [at, byte] of changes) changed[at % changed.length] = byte
      const found = signer(changed)
      assert.ok(found === signer(apk) || !(found in certificates), found)
    }),
    { numRuns: 300 },
  )
})

test('no byte outside the block of the signature can be changed', () => {
  const apk = fixture('client-v2.apk')
  const { directoryStart } = readZip(apk)
  const blockStart = directoryStart - 8 - Number(apk.readBigUInt64LE(directoryStart - 24))
  for (let at = 0; at < apk.length; at++) {
    // Another number of the block, or of a scheme in it, is no signature at all, and what fills it up may be anything.
    if (at >= blockStart && at < directoryStart) continue
    const changed = Buffer.from(apk)
    changed[at]! ^= 0x10
    assert.notEqual(signer(changed), 'client', `byte ${at}`)
  }
})
