/**
 * Runs the unit tests on the other Nodes that we promise: `npm run test:nodes`.
 *
 * On Node 26 as they are; on Node 22 compiled, as the package ships, for running TypeScript is not promised there.
 * The Nodes come as npm packages into node_modules/.cache, and not with `npm ci`, which stays small. What cannot be
 * fetched is a failure.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const cache = join(root, 'node_modules', '.cache', 'nodes')

const fail = (why: string): never => {
  console.error(why)
  process.exit(1)
}

/** The program of the newest Node in `range`; the package of its platform has no install script. */
function fetchNode(range: string): string {
  const system = process.platform === 'win32' ? 'win' : process.platform
  const name = `node-${system}-${process.arch}`
  const folder = join(cache, range)
  mkdirSync(folder, { recursive: true })
  // Its own project, so that npm does not take ours for it.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  const options = ['--prefix', folder, '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts']
  const npm = process.env['npm_execpath'] ?? fail('Start this with npm: npm run test:nodes')
  const { status } = spawnSync(process.execPath, [npm, 'install', ...options, `${name}@${range}`], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) fail(`${name}@${range} cannot be fetched.`)
  return join(folder, 'node_modules', name, 'bin', system === 'win' ? 'node.exe' : 'node')
}

/** Compiles src with its tests, and lays what is not TypeScript beside. */
function compile(): string {
  const out = join(cache, 'compiled')
  rmSync(out, { recursive: true, force: true })
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const options = ['-p', 'tsconfig.nodes.json', '--outDir', out]
  const { status } = spawnSync(process.execPath, [tsc, ...options], { cwd: root, stdio: 'inherit' })
  if (status !== 0) fail('src does not compile.')
  for (const file of globSync('src/**/*', { cwd: root, withFileTypes: true })) {
    if (!file.isFile() || file.name.endsWith('.ts')) continue
    const from = join(file.parentPath, file.name)
    const to = join(out, from.slice(root.length))
    mkdirSync(dirname(to), { recursive: true })
    cpSync(from, to)
  }
  cpSync(join(root, 'package.json'), join(out, 'package.json'))
  return out
}

/** True when every unit test of the tree in `cwd` passes; `runner` is tools/test, as it is or compiled. */
function passes(node: string, cwd: string, runner: string): boolean {
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout
  console.log(`Unit tests on Node ${version.trim()}, ${runner.endsWith('.ts') ? 'as they are' : 'compiled'}`)
  return spawnSync(node, [runner, 'src'], { cwd, stdio: 'inherit' }).status === 0
}

const newest = passes(fetchNode('26'), root, join('tools', 'test.ts'))
const oldest = passes(fetchNode('>=22.18 <23'), compile(), join('tools', 'test.js'))
if (!newest || !oldest) process.exitCode = 1
