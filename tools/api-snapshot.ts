/**
 * The public interface of each entry, as text that is reviewed: `npm run api` compares it with test/package/api,
 * `npm run api -- --update` rewrites that.
 */
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { surfaceOf } from './api/surface.ts'

const root = join(import.meta.dirname, '..')

/** The snapshot of each entry under the name of its file: `.` is `metrobus.api.txt`, `./bus` is `bus.api.txt`. */
export function snapshots(dist: string): ReadonlyMap<string, string> {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const entries = Object.entries<string | { readonly types: string }>(manifest.exports)
  return new Map(
    entries.flatMap(([entry, target]) => {
      if (typeof target === 'string') return []
      const name = entry === '.' ? manifest.name : entry.replace('./', '').replaceAll('/', '-')
      const specifier = entry.replace('.', manifest.name)
      const surface = surfaceOf(join(dist, target.types.replace('./dist/', '')), dist)
      return [[`${name}.api.txt`, `# What "${specifier}" shows\n\n${surface}\n`]]
    }),
  )
}

/** One sentence for each snapshot that is not as `folder` has it. */
export function differences(folder: string, fresh: ReadonlyMap<string, string>): readonly string[] {
  const kept = new Map(
    globSync('*.api.txt', { cwd: folder }).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )
  const names = [...new Set([...kept.keys(), ...fresh.keys()])].toSorted()
  return names.flatMap((name) => {
    const [before, after] = [kept.get(name), fresh.get(name)]
    if (before === after) return []
    if (before === undefined) return [`${name} is new`]
    if (after === undefined) return [`${name} is of no entry`]
    return [`${name} differs:\n${changedLines(before, after)}`]
  })
}

/** The lines that only one side has: enough to see what changed; git shows the rest after an update. */
function changedLines(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')]
  const [inOld, inNow] = [new Set(old), new Set(now)]
  return [
    ...old.filter((line) => !inNow.has(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !inOld.has(line)).map((line) => `+ ${line}`),
  ].join('\n')
}

export function built<T>(use: (dist: string) => T): T {
  const dist = mkdtempSync(join(tmpdir(), 'metrobus-api-'))
  try {
    const build = spawnSync(process.execPath, [join(root, 'tools', 'build.ts'), dist], {
      encoding: 'utf8',
    })
    if (build.status !== 0) throw new Error(`The build failed: ${build.stdout}${build.stderr}`)
    return use(dist)
  } finally {
    rmSync(dist, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const folder = join(root, 'test', 'package', 'api')
  const fresh = built(snapshots)
  if (process.argv.includes('--update')) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    for (const [name, text] of fresh) writeFileSync(join(folder, name), text)
  } else {
    const changes = differences(folder, fresh)
    for (const change of changes) console.log(change)
    if (changes.length > 0) process.exitCode = 1
  }
}
