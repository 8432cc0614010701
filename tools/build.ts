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
const built = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', out], {
  cwd: root,
  stdio: 'inherit',
})
process.exitCode = built.status ?? 1
