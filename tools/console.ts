/** Builds the console: `npm run console`, or with `--missing` only where it was not built yet. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', 'console')

/** Into `out`. Default: where an app in this repository looks for it. */
export async function buildConsole(out: string = join(folder, 'dist')): Promise<void> {
  // Only to build: `npm start` comes by each time.
  const { build } = await import('vite')
  await build({ configFile: join(folder, 'vite.config.ts'), logLevel: 'warn', build: { outDir: out } })
}

if (import.meta.main && !(process.argv.includes('--missing') && existsSync(join(folder, 'dist', 'index.html'))))
  await buildConsole()
