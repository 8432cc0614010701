/** The tarball is what users get. Whatever is wrong in it is found here, and not by the first of them. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { entriesOf } from '../../tools/tidy/imports.ts'
import { command, entries, manifest, pack, root } from './pack.ts'
import type { Packed } from './pack.ts'

/** What users download, compressed, by part: a folder of `dist/`; the core is all the rest. A new part brings a budget of its own (decision 0017). */
const bytesMax = {
  core: 300_000,
  testing: 55_000,
  store: 12_000,
  kafka: 52_000,
  console: 66_000,
  telemetry: 15_000,
  admin: 55_000,
}
/** Of the whole, which is more than its parts: a tarball says something of each file. */
const packedBytesMax = 650_000
const partOf = (file: string): string =>
  /^dist\/(?:bus\/)?(testing|store|kafka|console|telemetry|admin)\//.exec(file)?.[1] ?? 'core'
const dependenciesMax = 8

test('every export and command of package.json has its source file', () => {
  const exported = Object.fromEntries(entries.map((entry) => [entry.specifier, entry]))
  const missing = entriesOf({ exports: exported, bin: manifest.bin }).filter((file) => !existsSync(join(root, file)))
  assert.deepEqual(missing, [])
})

test('every export tells its types first', () => {
  for (const target of Object.values(manifest.exports))
    if (typeof target !== 'string') assert.deepEqual(Object.keys(target), ['types', 'default'])
})

test(`there are at most ${dependenciesMax} dependencies, and every peer is optional`, () => {
  assert.ok(Object.keys(manifest.dependencies).length <= dependenciesMax)
  for (const peer of Object.keys(manifest.peerDependencies ?? {}))
    assert.equal(manifest.peerDependenciesMeta?.[peer]?.optional, true, peer)
})

suite('the packed package', () => {
  let packed: Packed
  let remove = (): void => undefined
  before(() => {
    packed = pack()
    remove = () => packed.remove()
  })
  after(() => remove())

  const inProject = (code: string): string =>
    command(packed.project, process.execPath, '--input-type=module', '--eval', code)

  test('holds the licence, the README and the changes, and otherwise only what is compiled', () => {
    const outside = packed.files.filter((file) => !file.startsWith('dist/'))
    assert.deepEqual(outside.toSorted(), ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'])
    const odd = packed.files.filter((file) => /\.test\.|(?<!\.d)\.ts$|\.map$/.test(file))
    assert.deepEqual(odd, [])
  })

  for (const [part, max] of Object.entries(bytesMax))
    test(`holds at most ${max} bytes of ${part}`, () => {
      const own = packed.files.filter((file) => part === partOf(file))
      const from = join(packed.project, 'node_modules', manifest.name)
      const { length } = gzipSync(Buffer.concat(own.map((file) => readFileSync(join(from, file)))))
      assert.ok(length <= max, `${length} bytes`)
    })

  test(`weighs at most ${packedBytesMax} bytes`, () => {
    assert.ok(packed.bytes <= packedBytesMax, `${packed.bytes} bytes`)
  })

  test('holds no declarations but those of the entries and those that they name', () => {
    const dist = join(packed.project, 'node_modules', manifest.name, 'dist')
    const files = packed.files.filter((file) => file.endsWith('.d.ts')).map((file) => join(dist, '..', file))
    const named = files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/['"](\.\.?\/[^'"]+)\.[jt]s['"]/g)].map(([, path = '']) =>
        join(file, '..', `${path}.d.ts`),
      ),
    )
    const seen = new Set([...named, ...entries.map(({ types }) => join(dist, '..', types))])
    const unseen = files.filter((file) => !seen.has(file))
    assert.deepEqual(unseen, [])
  })

  test('is as publint wants it', async () => {
    const { buffer } = Uint8Array.from(readFileSync(packed.tarball))
    const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true })
    const faults = messages.filter(({ type }) => type !== 'suggestion')
    assert.deepEqual(
      faults.map((message) => formatMessage(message, pkg, { color: false })),
      [],
    )
  })

  test('has types that every way to resolve an ES module finds', () => {
    const cli = join(root, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js')
    const options = ['--profile', 'esm-only', '--no-definitely-typed', '--no-color', '--format', 'ascii']
    command(root, process.execPath, cli, packed.tarball, ...options)
  })

  test('installs without a script', () => {
    const scripted = Object.entries(packed.installed).filter(([, { hasInstallScript }]) => hasInstallScript)
    assert.deepEqual(scripted, [])
  })

  test('gives every entry to an import', () => {
    for (const { specifier } of entries)
      inProject(`
        const module = await import('${specifier}')
        if (Object.keys(module).length === 0) throw new Error('${specifier} exports nothing')
      `)
  })

  test('loads no other package and no server when the library is imported', () => {
    const loaded = JSON.parse(
      inProject(`
        import { registerHooks } from 'node:module'
        const loaded = []
        registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
        await import('metrobus')
        console.log(JSON.stringify(loaded))
      `),
    ) as readonly string[]
    assert.ok(loaded.some((url) => url.endsWith('/node_modules/metrobus/dist/index.js')))
    const others = loaded.filter((url) => url.startsWith('file:') && !url.includes('/node_modules/metrobus/'))
    assert.deepEqual(others, [])
    const heavy = loaded.filter((url) => /^node:(https?|http2|child_process|cluster|sqlite)$/.test(url))
    assert.deepEqual(heavy, [])
  })

  test('says what to install when Kafka is opened without its client, and finds the client where it is', () => {
    const opening = `
      const { kafka } = await import('metrobus/kafka')
      const { nodePlatform } = await import(new URL('./internal/platform/node.js', import.meta.resolve('metrobus')))
      await kafka({ brokers: ['127.0.0.1:1'] }).open(nodePlatform).catch(({ code }) => console.log(code))
    `
    assert.equal(inProject(opening).trim(), 'MB_KAFKA_NO_CLIENT')
    const scope = join(packed.project, 'node_modules', '@platformatic')
    mkdirSync(scope)
    symlinkSync(join(root, 'node_modules', '@platformatic', 'kafka'), join(scope, 'kafka'))
    assert.equal(inProject(opening).trim(), 'MB_KAFKA_UNREACHABLE')
    rmSync(scope, { recursive: true })
  })

  test('type-checks in a project that checks libraries too', () => {
    const uses = entries.map(({ specifier }, at) => `import * as e${at} from '${specifier}'`)
    const names = entries.map((_, at) => `e${at}`).join(', ')
    writeFileSync(join(packed.project, 'app.ts'), `${uses.join('\n')}\nexport const all = [${names}]\n`)
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2024',
      lib: ['esnext'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: false,
      // AbortSignal and streams are types of Node, which every project on Node has.
      typeRoots: [join(root, 'node_modules', '@types')],
      types: ['node'],
    }
    writeFileSync(join(packed.project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }))
    command(packed.project, process.execPath, join(root, 'node_modules', 'typescript', 'bin', 'tsc'))
  })

  test('lets a bus from outside run the cases of the port, without a test runner', () => {
    const outside = readFileSync(join(root, 'examples', 'test-your-lines', 'adapter.test.ts'), 'utf8')
      .replaceAll('../../src/bus/index.ts', 'metrobus/bus')
      .replaceAll('../../src/testing/index.ts', 'metrobus/testing')
      .replace(/test\(`.*`, run\)$/m, 'await run().then(() => console.log(name))')
    assert.doesNotMatch(outside, /src\/|test\(/)
    writeFileSync(join(packed.project, 'adapter.ts'), outside)
    const held = command(packed.project, process.execPath, 'adapter.ts').trim().split('\n')
    assert.ok(held.length >= 40, held.join('\n'))
  })

  test('has a command that tells its version', () => {
    const bin = join(packed.project, 'node_modules', 'metrobus', manifest.bin['metrobus'] ?? '')
    assert.match(readFileSync(bin, 'utf8'), /^#!\/usr\/bin\/env node\n/)
    const told = command(packed.project, process.execPath, bin, '--version')
    assert.equal(told.trim(), manifest.version)
  })
})
