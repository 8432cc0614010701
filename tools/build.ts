/**
 * Makes `dist/`, what the package ships; `node tools/build.ts <folder>` puts it elsewhere.
 *
 * It starts from nothing, so that a source file that is gone leaves no compiled file behind to be published.
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'

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
