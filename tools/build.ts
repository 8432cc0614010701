/**
 * Makes `dist/`, what the package ships; `node tools/build.ts <folder>` puts it elsewhere.
 *
 * It starts from nothing, so that a source file that is gone leaves no compiled file behind to be published.
 */
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildConsole } from './console.ts'
import { parse } from './tidy/source.ts'

const root = join(import.meta.dirname, '..')
const out = resolve(process.argv[2] ?? join(root, 'dist'))
rmSync(out, { recursive: true, force: true })

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
// The comments are for readers of the source and of the declarations; in the compiled files they were a third of the package.
const passes = [
  ['--declaration', 'false', '--isolatedDeclarations', 'false', '--removeComments'],
  ['--emitDeclarationOnly'],
]
for (const pass of passes) {
  const built = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', out, ...pass], {
    cwd: root,
    stdio: 'inherit',
  })
  process.exitCode ||= built.status ?? 1
}
if (process.exitCode === 0) {
  dropUnseenDeclarations()
  await buildConsole(join(out, 'console'))
}

/** A user's compiler follows the declarations from the entries; what it never reaches was a quarter of the package. */
function dropUnseenDeclarations(): void {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const entries = Object.values<string | { readonly types: string }>(exports).flatMap((target) =>
    typeof target === 'string' ? [] : [target.types.replace('./dist/', '')],
  )
  // A set that grows while it is walked: each file adds those that it names.
  const seen = new Set(entries)
  for (const path of seen)
    for (const named of parse(path, readFileSync(join(out, path), 'utf8')).references)
      if (named.path !== undefined) seen.add(named.path.replace(/\.[jt]s$/, '.d.ts'))
  for (const path of globSync('**/*.d.ts', { cwd: out }))
    if (!seen.has(path.replaceAll('\\', '/'))) rmSync(join(out, path))
}
