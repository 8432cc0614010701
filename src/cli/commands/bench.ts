import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Argument, Command, Option } from 'commander'
import { MetrobusError } from '../../errors/index.ts'
import type { Load } from '../../testing/load.ts'
import type { Context, Runner } from '../context.ts'
import { duration, positive, shares, wholeNumber } from '../parse.ts'

interface BenchOptions {
  readonly events: number
  readonly rate?: number
  readonly duration: number
  readonly warmUp: number
  readonly mix?: Readonly<Record<string, number>>
  readonly seed: number
}

/** `metrobus bench [app]` */
export const command = (run: Runner): Command =>
  new Command('bench')
    .description(
      'put a load on an app or a system, or without one measure what this machine can do at most, and what a line of three stops makes of it; on a journal of its own beside --dir',
    )
    .addArgument(new Argument('[app]', 'module that exports how its load is made, as `load`; also by --app'))
    .option('--events <number>', 'without an app: sent through the line', wholeNumber(1, 10_000_000), 50_000)
    .option(
      '--rate <number>',
      'of an app: events a second, each due at its moment whether or not those before are done',
      positive,
    )
    .addOption(new Option('--duration <duration>', 'of an app: how long').argParser(duration).default(10_000, '10s'))
    .addOption(
      new Option('--warm-up <duration>', 'of an app: how long before that, without being counted')
        .argParser(duration)
        .default(2_000, '2s'),
    )
    .option('--mix <kind=weight>', 'of an app: only these kinds, by these weights; may be repeated', shares)
    .option('--seed <number>', 'of an app: draws the kinds and their data', wholeNumber(0, 2 ** 31), 1)
    .action((path: string | undefined, options: BenchOptions, command: Command) =>
      run(command, async (context) => {
        const module = path ?? context.options.app
        const parent = dirname(resolve(context.options.dir))
        mkdirSync(parent, { recursive: true })
        const folder = mkdtempSync(join(parent, '.metrobus-bench-'))
        try {
          if (module === undefined) await benchMachine(context, options, folder)
          else await benchApps(context, module, options, join(folder, 'journal'))
        } finally {
          rmSync(folder, { recursive: true, force: true })
        }
      }),
    )

async function benchMachine({ output, signal }: Context, { events }: BenchOptions, folder: string): Promise<void> {
  const { measureLimits } = await import('../machine.ts')
  const { benchLine } = await import('../bench-line.ts')
  const limits = await measureLimits(folder)
  const line = await benchLine(join(folder, 'journal'), events, signal)
  if (output.json) return output.document({ limits, line })
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
}

async function benchApps(context: Context, module: string, options: BenchOptions, dir: string): Promise<void> {
  const { rate, duration: durationMs, warmUp: warmUpMs, mix, seed } = options
  if (rate === undefined)
    throw new MetrobusError('MB_BAD_ARGUMENT', { argument: '--rate', problem: 'is missing: how many events a second?' })
  const { loadModule } = await import('../app-module.ts')
  const { planLoad } = await import('../load-plan.ts')
  const { openLoop } = await import('../open-loop.ts')
  const { progressBar } = await import('../progress.ts')
  const { apps, load } = await loadModule(module)
  const kinds = planLoad(module, load, apps, mix)
  await using _before = await (load as Load).before?.()
  const { output, signal } = context
  using bar = await progressBar(output, 'sent')
  const progress = (done: number, total: number): void => bar.at(done, total)
  const report = await openLoop({ apps, kinds, rate, durationMs, warmUpMs, seed, dir, signal, progress })
  bar.end()
  if (output.json) await output.document(report)
  else await printLoad(context, report)
}

async function printLoad(
  { output }: Context,
  report: Awaited<ReturnType<typeof import('../open-loop.ts').openLoop>>,
): Promise<void> {
  const cells = ({ count, p50Ms, p90Ms, p99Ms, maxMs }: typeof report.durable): number[] => [
    count,
    p50Ms,
    p90Ms,
    p99Ms,
    maxMs,
  ]
  const head = ['EVENTS', 'P50 MS', 'P90 MS', 'P99 MS', 'MAX MS']
  await output.table(
    ['UNTIL DURABLE', ...head],
    [
      ['sent', ...cells(report.durable)],
      ['the load itself was late', ...cells(report.late)],
    ],
  )
  await output.line('')
  await output.table(
    ['UNTIL HANDLED BY', ...head, 'RETRIED', 'DEAD'],
    report.stops.map((stop) => [`${stop.app} ${stop.stop}`, ...cells(stop), stop.retried, stop.dead]),
  )
  await output.line('')
  await output.table(
    ['UNTIL ALL IS HANDLED OF', ...head],
    report.kinds.map((kind) => [kind.kind, ...cells(kind)]),
  )
  const { rate, seconds, sent, refused, donePerSecond } = report
  output.note(
    `${sent} sent, ${refused} refused, at ${rate} a second for ${seconds.toFixed(1)} s; ${donePerSecond} a second came to their end meanwhile. Times count from when an event was due.`,
  )
}
