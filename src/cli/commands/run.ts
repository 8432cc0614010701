import { join } from 'node:path'
import { Argument, Command, Option } from 'commander'
import type { Bus } from '../../bus/bus.ts'
import { MetrobusError } from '../../errors/index.ts'
import type { EntryDefinition } from '../../runtime/definition.ts'
import type { RunningApp } from '../../runtime/running.ts'
import { prometheus } from '../../telemetry/prometheus.ts'
import { loadModule } from '../app-module.ts'
import type { LoadedApp } from '../app-module.ts'
import type { Context, Runner } from '../context.ts'
import { ingestInput } from '../ingest-input.ts'
import type { InputOptions } from '../ingest-input.ts'
import { address, wholeNumber } from '../parse.ts'
import type { Address } from '../parse.ts'
import { printSummary } from '../summary.ts'

interface RunOptions {
  readonly input?: string
  readonly format?: 'ndjson' | 'csv'
  readonly entry?: string
  readonly again?: boolean
  readonly bus: 'embedded' | 'memory'
  readonly stores: 'memory' | 'sqlite'
  readonly health?: number
  readonly console?: number
  readonly admin?: Address
  readonly adminOptions?: string
}

/** `metrobus run <app>` */
export const command = (run: Runner): Command =>
  new Command('run')
    .description('run an app, or the apps of a system, until they are stopped, or until an input has ridden')
    .addArgument(new Argument('[app]', 'module of the app; also by --app'))
    .option('-i, --input <file>', 'bring in the lines of a file, or of standard input by -, then drain and end')
    .addOption(
      new Option('-f, --format <format>', 'of the input (default: by the name of the file, else ndjson)').choices([
        'ndjson',
        'csv',
      ]),
    )
    .option('-e, --entry <name>', 'entry of the input (default: the only one)')
    .option('--again', 'let an input that has ridden ride once more')
    .addOption(new Option('--bus <bus>', 'what carries the events').choices(['embedded', 'memory']).default('embedded'))
    .addOption(
      new Option(
        '--stores <engine>',
        'what holds the stores: memory, read from their logs at each start, or files beside the journal',
      )
        .choices(['memory', 'sqlite'])
        .default('memory'),
    )
    .option(
      '--health <port>',
      'serve /livez, /readyz, /startupz and /metrics on this port of 127.0.0.1',
      wholeNumber(0, 65_535),
    )
    .option(
      '--console <port>',
      'serve the console, with the map in motion, on this port of 127.0.0.1; 0 takes any',
      wholeNumber(0, 65_535),
    )
    .option(
      '--admin <address>',
      'serve the admin API and the console at a port, or a host and a port; beyond this machine only to those whom the tokens of `metrobus admin token`, or a file of --admin-options, let in',
      address,
    )
    .option('--admin-options <file>', 'JSON file that says who may use the admin API, and how')
    .action((path: string | undefined, options: RunOptions, command: Command) =>
      run(command, async (context) => {
        const module = path ?? context.options.app
        if (module === undefined)
          throw new MetrobusError('MB_BAD_ARGUMENT', {
            argument: 'The app',
            problem: 'is not named: write `metrobus run <module>`',
          })
        const { apps } = await loadModule(module)
        for (const option of ['input', 'health', 'console', 'admin'] as const)
          if (options[option] !== undefined && apps.length > 1)
            throw new MetrobusError('MB_BAD_ARGUMENT', {
              argument: `--${option}`,
              problem: `is for one app, and ${module} has ${apps.map(({ name }) => name).join(', ')}`,
            })
        const started = await startAll(apps, options, context)
        const closePages: (() => Promise<void>)[] = []
        try {
          const [running] = started
          if (options.console !== undefined) closePages.push(await openConsole(context, running!, options))
          if (options.admin !== undefined) closePages.push(await openAdmin(context, running!, options.admin, options))
          if (options.input === undefined) await runUntilStopped(context, started, options)
          else await runInput(context, running!, apps[0]!.definition.entries, { ...options, input: options.input })
        } finally {
          for (const close of closePages) await close()
          if (!(await stopAll(started)))
            context.output.note('Some events were still running at the deadline: they come again at the next start.')
        }
      }),
    )

async function openConsole(
  { output, options: { dir } }: Context,
  running: RunningApp,
  { console: port = 0, bus }: RunOptions,
): Promise<() => Promise<void>> {
  const { serveConsole } = await import('../../admin/console.ts')
  const { auditBeside } = await import('../../admin/shared-audit.ts')
  // An app in memory has no folder for a log.
  const audit = bus === 'memory' ? {} : { audit: auditBeside(join(dir, running.name)) }
  const served = await serveConsole(running, { port, ...audit })
  output.note(`The console is at ${served.url}`)
  return () => served.close()
}

async function openAdmin(
  { output, options: { dir } }: Context,
  running: RunningApp,
  at: Address,
  { adminOptions: path, bus }: RunOptions,
): Promise<() => Promise<void>> {
  const { serveAdmin } = await import('../../admin/serve-admin.ts')
  const { adminOptions } = await import('../admin-options.ts')
  const served = await serveAdmin(
    running,
    await adminOptions(at, { dir, path, app: bus === 'memory' ? undefined : running.name }),
  )
  output.note(`The admin API is at ${served.url}`)
  return () => served.close()
}

/** All on one bus. When one of them cannot be started, those that were are stopped. */
async function startAll(
  apps: readonly LoadedApp[],
  options: RunOptions,
  { options: { dir } }: Context,
): Promise<readonly RunningApp[]> {
  const bus = await busOf(options, dir)
  const started: RunningApp[] = []
  try {
    for (const app of apps) {
      const running = await app.start({
        bus,
        ...(options.stores === 'sqlite' && { stores: (await import('../../store/sqlite/index.ts')).sqlite({ dir }) }),
        ...(options.health !== undefined && { health: { port: options.health }, telemetry: prometheus() }),
      })
      // Whoever waits below learns of its failure, whatever it waits for.
      running.stopped.catch(() => {})
      started.push(running)
    }
  } catch (error) {
    await stopAll(started)
    throw error
  }
  return started
}

/** True when all have drained. */
async function stopAll(started: readonly RunningApp[]): Promise<boolean> {
  const ends = await Promise.all(started.map((running) => running.stop()))
  return ends.every(({ drained }) => drained)
}

async function busOf({ bus }: RunOptions, dir: string): Promise<Bus> {
  if (bus === 'memory') return (await import('../../bus/memory/index.ts')).memory()
  const { embedded } = await import('../../bus/embedded/index.ts')
  return embedded({ dir, note: `process ${process.pid} (metrobus run)` })
}

async function runUntilStopped(
  { output, options, signal }: Context,
  started: readonly RunningApp[],
  { bus }: RunOptions,
): Promise<void> {
  await Promise.all(started.map(({ listening }) => listening))
  const names = started.map(({ name }) => name).join(', ')
  const [verb, them] = started.length === 1 ? ['runs', 'it'] : ['run', 'them']
  output.note(
    `${names} ${verb}${bus === 'memory' ? ' in memory' : ` on the journal in ${options.dir}`}. Ctrl-C drains and stops ${them}.`,
  )
  // Without a socket nothing else would keep the process alive.
  const alive = setInterval(() => {}, 2 ** 31 - 1)
  await untilAborted(signal, Promise.race(started.map(({ stopped }) => stopped))).finally(() => clearInterval(alive))
}

async function runInput(
  context: Context,
  running: RunningApp,
  entries: readonly EntryDefinition[],
  options: InputOptions,
): Promise<void> {
  const started = performance.now()
  const { accepted, refused } = await ingestInput(context, running, entries, options)
  await untilAborted(context.signal, Promise.race([running.caughtUp(), running.stopped]))
  if (context.signal.aborted) return
  const seconds = (performance.now() - started) / 1000
  await printSummary(context, running, { accepted, refused, seconds })
}

/** Resolves with the promise or on the signal, whichever comes first. */
async function untilAborted(signal: AbortSignal, promise: Promise<unknown>): Promise<void> {
  if (signal.aborted) return
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>()
  const stop = (): void => resolve(undefined)
  signal.addEventListener('abort', stop)
  try {
    await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
