/** Builds the console: `npm run console`, or with `--stale` only where what it is built from has changed since. */
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'console')
/** What the newest build was made of. Beside what is installed: it is of this machine, and no part of what is served. */
const note = join(root, 'node_modules/.cache/metrobus/console')

/** What the page is made of: its own files, what it takes from `src/`, and the versions of all else. */
const sources = ['console/{src/**/*,*}.{ts,tsx,css,html,json}', 'src/{itinerary,metro-map}/*.ts', 'package-lock.json']

/** Into `out`. Default: where an app in this repository looks for it. */
export async function buildConsole(out?: string): Promise<void> {
  const digest = digestOf(root)
  // Only to build: `npm start` comes by each time.
  const { build } = await import('vite')
  const outDir = out ?? join(folder, 'dist')
  await build({ configFile: join(folder, 'vite.config.ts'), logLevel: 'warn', build: { outDir } })
  if (out !== undefined) return
  mkdirSync(dirname(note), { recursive: true })
  writeFileSync(note, digest)
}

/** One text for the same sources below `root`. */
export function digestOf(root: string): string {
  const hash = createHash('sha256')
  for (const file of globSync(sources, { cwd: root }).toSorted())
    hash.update(`${file}\0`).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

const isStale = (): boolean =>
  !existsSync(join(folder, 'dist/index.html')) || !existsSync(note) || readFileSync(note, 'utf8') !== digestOf(root)

if (import.meta.main && (!process.argv.includes('--stale') || isStale())) await buildConsole()
