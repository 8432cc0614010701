/** The package as a user gets it: built and packed from a folder of its own, then installed into an empty one. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..')

interface Target {
  readonly types: string
  readonly default: string
}

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, Target | string>>
  readonly bin: Readonly<Record<string, string>>
  readonly engines: { readonly node: string }
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

export const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** What users import, such as `metrobus` and `metrobus/bus`, with the files behind it. */
export const entries = Object.entries(manifest.exports).flatMap(([entry, target]) =>
  typeof target === 'string' ? [] : [{ specifier: entry.replace('.', manifest.name), ...target }],
)

export interface Packed {
  readonly tarball: string
  readonly files: readonly string[]
  readonly bytes: number
  /** An empty project with the tarball installed, and nothing else: no optional peer. */
  readonly project: string
  /** The project's lockfile: every package that came with ours. */
  readonly installed: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>
  remove(): void
}

/** Not from the work tree's `dist/`: that may be stale, and other tests may use it meanwhile. */
export function pack(): Packed {
  const folder = mkdtempSync(join(tmpdir(), 'metrobus-package-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    return { ...packIn(folder), remove }
  } catch (error) {
    remove()
    throw error
  }
}

function packIn(folder: string): Omit<Packed, 'remove'> {
  const [staging, project] = [join(folder, 'staging'), join(folder, 'project')]
  mkdirSync(staging)
  mkdirSync(project)
  for (const name of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'])
    cpSync(join(root, name), join(staging, name))
  command(root, process.execPath, join(root, 'tools', 'build.ts'), join(staging, 'dist'))
  const options = ['--ignore-scripts', '--workspaces=false']
  const [told] = JSON.parse(npm(staging, 'pack', '--json', ...options))
  const tarball = join(staging, told.filename)
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  npm(project, 'install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', tarball)
  return {
    tarball,
    files: told.files.map(({ path }: { readonly path: string }) => path),
    bytes: told.size,
    project,
    installed: JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')).packages,
  }
}

/** Gives what the command printed; a command that fails, or cannot be started, fails the test. */
export function command(cwd: string, file: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { cwd, encoding: 'utf8' })
  assert.ifError(error)
  assert.equal(status, 0, `${file} ${args.join(' ')}\n${stdout}${stderr}`)
  return stdout
}

/** npm tells where it is to the scripts that it runs; elsewhere the one on the PATH serves. */
function npm(cwd: string, ...args: readonly string[]): string {
  const self = process.env['npm_execpath']
  if (self !== undefined) return command(cwd, process.execPath, self, ...args)
  return command(cwd, process.platform === 'win32' ? 'npm.cmd' : 'npm', ...args)
}
