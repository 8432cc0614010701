import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import type { Runner } from '../context.ts'
import { measureLimits } from '../machine.ts'
import { wholeNumber } from '../parse.ts'

/** `metrobus bench` */
export const command = (run: Runner): Command =>
  new Command('bench')
    .description(
      'measure what this machine can do at most, and what a line of three stops makes of it, on a journal of its own beside --dir',
    )
    .option('--events <number>', 'sent through the line', wholeNumber(1, 10_000_000), 50_000)
    .action((options: { readonly events: number }, command: Command) =>
      run(command, async ({ output, options: { dir }, signal }) => {
        const parent = dirname(resolve(dir))
        mkdirSync(parent, { recursive: true })
        const folder = mkdtempSync(join(parent, '.metrobus-bench-'))
        try {
          const limits = await measureLimits(folder)
          const { benchLine } = await import('../bench-line.ts')
          const line = await benchLine(join(folder, 'journal'), options.events, signal)
          if (output.json) return await output.document({ limits, line })
          await output.table(
            ['MEASURED', 'VALUE', 'UNIT'],
            [
              ['sequential write with a sync', limits.writeMbPerSecond, 'MB/s'],
              ['fdatasync of 4 KiB, p50', limits.fdatasyncP50Ms, 'ms'],
              ['fdatasync of 4 KiB, p99', limits.fdatasyncP99Ms, 'ms'],
              ['JSON parse and stringify, 900 bytes', limits.jsonPerSecond, 'a second'],
              ['line of three durable hops', line.eventsPerSecond, 'events/s'],
              ['entry to last stop under this load, p50', line.p50Ms, 'ms'],
              ['entry to last stop under this load, p99', line.p99Ms, 'ms'],
            ],
          )
        } finally {
          rmSync(folder, { recursive: true, force: true })
        }
      }),
    )
