/**
 * `npm run -s bench -- <name> [options] [--json]`: one run of one bench. With --json exactly one line of JSON on stdout, else a table
 * for people. Exit 1 when a run is not correct, 2 when the call is not.
 */
import { parseArgs } from 'node:util'
import { backlog } from './backlog.ts'
import type { Bench } from './bench.ts'
import { campaign } from './campaign.ts'
import { disk } from './disk.ts'
import { reopen } from './reopen.ts'
import { routing } from './routing.ts'
import { simulation } from './simulation.ts'
import { slowKey } from './slow-key.ts'
import { start } from './start.ts'
import { storeBench } from './store.ts'
import { telemetryBench } from './telemetry.ts'
import { threatWatchBench } from './threat-watch.ts'
import { trace } from './trace.ts'

const benches: readonly Bench[] = [
  campaign,
  routing,
  backlog,
  start,
  reopen,
  slowKey,
  trace,
  disk,
  simulation,
  storeBench,
  telemetryBench,
  threatWatchBench,
]

function usage(): string {
  const lines = benches.map(({ name, purpose, options }) => {
    const flags = Object.entries(options).map(([flag, { hint }]) => `    --${flag.padEnd(10)} ${hint}`)
    return [`  ${name}: ${purpose}`, ...flags].join('\n')
  })
  return `Usage: npm run -s bench -- <name> [options] [--json]\n${lines.join('\n')}\n`
}

function table(figures: Readonly<Record<string, unknown>>, indent = ''): string {
  return Object.entries(figures)
    .map(([name, value]) =>
      typeof value === 'object' && value !== null
        ? `${indent}${name}\n${table({ ...value }, `${indent}  `)}`
        : `${indent}${name.padEnd(24 - indent.length)}${String(value)}\n`,
    )
    .join('')
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  const bench = benches.find((candidate) => candidate.name === name)
  if (bench === undefined) {
    process.stderr.write(usage())
    return name === '--help' ? 0 : 2
  }
  let values: Readonly<Record<string, string | boolean | undefined>>
  try {
    ;({ values } = parseArgs({ args: rest, options: { ...bench.options, json: { type: 'boolean' } }, strict: true }))
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage()}`)
    return 2
  }
  const { json = false, ...options } = values
  const figures = await bench.run(options)
  process.stdout.write(json === true ? `${JSON.stringify(figures)}\n` : table(figures))
  return 0
}

process.exitCode = await main(process.argv.slice(2))
