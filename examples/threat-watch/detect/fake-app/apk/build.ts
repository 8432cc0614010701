/**
 * Builds and signs the Android packages beside it, with the tools of Android: `node examples/threat-watch/detect/fake-app/apk/build.ts`. Needs `aapt`, `apksigner`,
 * `keytool` and `jarsigner` on the PATH; on Debian they are in the packages aapt, apksigner and default-jdk-headless.
 *
 * The keys are made anew and thrown away, so that each run gives other bytes, and none of them can sign anything again. The fingerprints of their certificates, as keytool
 * tells them, are written to `certificates.json`.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const target = join(import.meta.dirname, 'fixtures')
const folder = mkdtempSync(join(tmpdir(), 'threat-watch-apk-'))
const inFolder = (name: string): string => join(folder, name)
const password = 'thrown-away'

const keys = {
  client: ['-keyalg', 'RSA', '-keysize', '2048', '-sigalg', 'SHA256withRSA'],
  other: ['-keyalg', 'RSA', '-keysize', '2048', '-sigalg', 'SHA256withRSA'],
  elliptic: ['-keyalg', 'EC', '-groupname', 'secp256r1', '-sigalg', 'SHA256withECDSA'],
} as const

type Key = keyof typeof keys

interface Variant {
  readonly keys: readonly Key[]
  readonly schemes: readonly (1 | 2 | 3)[]
}

/** By file. */
const variants: Readonly<Record<string, Variant>> = {
  'client-v1': { keys: ['client'], schemes: [1] },
  'client-v2': { keys: ['client'], schemes: [2] },
  'client-v3': { keys: ['client'], schemes: [3] },
  'client-all': { keys: ['client'], schemes: [1, 2, 3] },
  'other-all': { keys: ['other'], schemes: [1, 2, 3] },
  'elliptic-v1': { keys: ['elliptic'], schemes: [1] },
  'elliptic-v2': { keys: ['elliptic'], schemes: [2] },
  'two-signers-v1': { keys: ['client', 'other'], schemes: [1] },
  'two-signers-v2': { keys: ['client', 'other'], schemes: [2] },
}

const run = (command: string, args: readonly string[]): string => execFileSync(command, args, { encoding: 'utf8' })

function makeKey(name: Key): string {
  const store = ['-keystore', inFolder(`${name}.jks`), '-storepass', password, '-alias', name]
  const subject = ['-dname', `CN=${name}`, '-validity', '10950']
  run('keytool', ['-genkeypair', ...store, '-keypass', password, ...subject, ...keys[name]])
  const said = run('keytool', ['-list', '-v', ...store])
  return /SHA256: ([0-9A-F:]+)/.exec(said)![1]!.replaceAll(':', '').toLowerCase()
}

function build(): string {
  const manifest =
    '<?xml version="1.0" encoding="utf-8"?><manifest package="example.veloris.banking"><application/></manifest>'
  writeFileSync(inFolder('AndroidManifest.xml'), manifest)
  mkdirSync(inFolder('assets'))
  writeFileSync(inFolder('assets/words.txt'), 'An app that does nothing. '.repeat(40))
  const unsigned = inFolder('unsigned.apk')
  run('aapt', ['package', '-f', '-M', inFolder('AndroidManifest.xml'), '-A', inFolder('assets'), '-F', unsigned])
  return unsigned
}

function sign(unsigned: string, name: string, { keys, schemes }: Variant): void {
  const signers = keys.flatMap((key, index) => [
    ...(index === 0 ? [] : ['--next-signer']),
    '--ks',
    inFolder(`${key}.jks`),
    '--ks-key-alias',
    key,
    '--ks-pass',
    `pass:${password}`,
  ])
  const wanted = ([1, 2, 3] as const).flatMap((scheme) => [
    `--v${scheme}-signing-enabled`,
    String(schemes.includes(scheme)),
  ])
  const out = ['--min-sdk-version', schemes.includes(1) ? '23' : '28', '--out', join(target, `${name}.apk`)]
  run('apksigner', ['sign', ...signers, ...wanted, '--v4-signing-enabled', 'false', ...out, unsigned])
}

/** With the tool of Java, whose signatures of scheme v1 are built in another way. */
function signAsJar(unsigned: string, key: Key): void {
  const signed = join(target, `${key}-jar.apk`)
  run('jarsigner', ['-keystore', inFolder(`${key}.jks`), '-storepass', password, '-signedjar', signed, unsigned, key])
}

try {
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target)
  const fingerprints = Object.fromEntries((Object.keys(keys) as Key[]).map((key) => [key, makeKey(key)]))
  const unsigned = build()
  cpSync(unsigned, join(target, 'unsigned.apk'))
  for (const [name, variant] of Object.entries(variants)) sign(unsigned, name, variant)
  signAsJar(unsigned, 'client')
  writeFileSync(join(target, 'certificates.json'), `${JSON.stringify(fingerprints, null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true })
}
