/**
 * Where the time goes: `profiled` writes a CPU profile of what it runs; `node benchmarks/profile.ts x.cpuprofile` lists the
 * functions by the time spent in themselves.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Profiler } from 'node:inspector'
import { Session } from 'node:inspector/promises'

/** Runs `use`, and when `path` is given writes its CPU profile there. */
export async function profiled<Result>(path: string | undefined, use: () => Promise<Result>): Promise<Result> {
  if (path === undefined) return use()
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 200 })
  await session.post('Profiler.start')
  try {
    return await use()
  } finally {
    const { profile } = await session.post('Profiler.stop')
    session.disconnect()
    writeFileSync(path, JSON.stringify(profile))
    process.stderr.write(`CPU profile: ${path}\n${summary(profile)}\n`)
  }
}

/** One line a function, the most expensive first. */
export function summary(profile: Profiler.Profile, lines = 45): string {
  const nameOf = new Map(
    profile.nodes.map(({ id, callFrame }) => {
      const file = callFrame.url.replace(/^.*\/(?=(?:src|benchmarks|node_modules)\/)/, '')
      return [
        id,
        `${callFrame.functionName || '(anonymous)'}  ${file}${file === '' ? '' : `:${callFrame.lineNumber + 1}`}`,
      ]
    }),
  )
  const selfUs = new Map<string, number>()
  let totalUs = 0
  const { samples = [], timeDeltas = [] } = profile
  for (const [index, id] of samples.entries()) {
    const us = timeDeltas[index] ?? 0
    const name = nameOf.get(id) ?? '?'
    selfUs.set(name, (selfUs.get(name) ?? 0) + us)
    totalUs += us
  }
  return [...selfUs]
    .toSorted(([, left], [, right]) => right - left)
    .slice(0, lines)
    .map(
      ([name, us]) =>
        `${((us / totalUs) * 100).toFixed(1).padStart(6)} %  ${(us / 1000).toFixed(0).padStart(7)} ms  ${name}`,
    )
    .join('\n')
}

if (import.meta.main) {
  const path = process.argv[2]
  if (path === undefined) throw new Error('Usage: node benchmarks/profile.ts <file.cpuprofile>')
  process.stdout.write(`${summary(JSON.parse(readFileSync(path, 'utf8')))}\n`)
}
