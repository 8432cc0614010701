/** Builds the console: `npm run console`, or with `--missing` only where it was not built yet. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

const folder = join(import.meta.dirname, '..', 'console')

/** Into `out`. Default: where an app in this repository looks for it. */
export async function buildConsole(out: string = join(folder, 'dist')): Promise<void> {
  await build({ configFile: join(folder, 'vite.config.ts'), logLevel: 'warn', build: { outDir: out } })
}

if (import.meta.main && !(process.argv.includes('--missing') && existsSync(join(folder, 'dist', 'index.html'))))
  await buildConsole()
