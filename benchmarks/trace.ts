/** How long `metrobus trace` takes, from the start of its process to its answer, among many rides that have ended. */
import { spawnSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { numberOf, verify } from './bench.ts'
import type { Bench, BenchOptions } from './bench.ts'
import { inFolder } from './folder.ts'
import { Durations, rounded } from './percentiles.ts'
import { rides } from './rides.ts'
import { compiled } from './start.ts'

export const trace: Bench = {
  name: 'trace',
  purpose: 'the command that shows a ride, among many that have ended, after the app has stopped',
  options: {
    events: { type: 'string', hint: 'how many rides; default 1000000' },
    runs: { type: 'string', hint: 'of the command, for each of three rides; default 7' },
  },
  run: (options) => inFolder((dir) => run(dir, options)),
}

async function run(dir: string, options: BenchOptions): Promise<Readonly<Record<string, unknown>>> {
  const events = numberOf(options, 'events', 1_000_000)
  const runs = numberOf(options, 'runs', 7)
  const journal = join(dir, 'journal')
  const packageUrl = compiled(join(dir, 'dist'))
  const { ids } = await rides('ride', journal, packageUrl, events)
  // The command reads its version there.
  copyFileSync(join(import.meta.dirname, '..', 'package.json'), join(dir, 'package.json'))
  const command = fileURLToPath(new URL('cli/main.js', packageUrl))
  const traces = new Durations(runs * ids.length)
  const bare = new Durations(runs)
  for (let round = 0; round < runs; round++) {
    bare.add(timed(['--eval', '0'], () => true))
    for (const id of ids)
      traces.add(timed([command, 'trace', id, '--dir', journal, '--json'], (text) => text.includes('"state":"ended"')))
  }
  return {
    bench: 'trace',
    events,
    traceP50Ms: rounded(traces.percentile(0.5), 0),
    traceMaxMs: rounded(traces.percentile(1), 0),
    bareNodeP50Ms: rounded(bare.percentile(0.5), 0),
  }
}

function timed(args: readonly string[], isRight: (text: string) => boolean): number {
  const from = performance.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  const ms = performance.now() - from
  verify(status === 0 && isRight(stdout), `the command answers, and not: ${stdout}${stderr}`)
  return ms
}
