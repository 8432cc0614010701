import { Argument, Command, Option } from 'commander'
import type { Bus } from '../../bus/bus.ts'
import { MetrobusError } from '../../errors/index.ts'
import type { EntryDefinition } from '../../runtime/definition.ts'
import type { RunningApp } from '../../runtime/running.ts'
import { loadApp } from '../app-module.ts'
import type { Context, Runner } from '../context.ts'
import { ingestInput } from '../ingest-input.ts'
import type { InputOptions } from '../ingest-input.ts'
import { wholeNumber } from '../parse.ts'
import { printSummary } from '../summary.ts'

interface RunOptions {
  readonly input?: string
  readonly format?: 'ndjson' | 'csv'
  readonly entry?: string
  readonly again?: boolean
  readonly bus: 'embedded' | 'memory'
  readonly health?: number
}

/** `metrobus run <app>` */
export const command = (run: Runner): Command =>
  new Command('run')
    .description('run an app until it is stopped, or until its input has ridden')
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
    .option('--health <port>', 'serve /livez and /readyz on this port of 127.0.0.1', wholeNumber(0, 65_535))
    .action((path: string | undefined, options: RunOptions, command: Command) =>
      run(command, async (context) => {
        const module = path ?? context.options.app
        if (module === undefined)
          throw new MetrobusError('MB_BAD_ARGUMENT', {
            argument: 'The app',
            problem: 'is not named: write `metrobus run <module>`',
          })
        const app = await loadApp(module)
        const running = await app.start({
          bus: await busOf(options, context.options.dir),
          ...(options.health !== undefined && { health: { port: options.health } }),
        })
        // Whoever waits below learns of its failure, whatever it waits for.
        running.stopped.catch(() => {})
        try {
          if (options.input === undefined) await runUntilStopped(context, running, options)
          else await runInput(context, running, app.definition.entries, { ...options, input: options.input })
        } finally {
          const { drained } = await running.stop()
          if (!drained)
            context.output.note('Some events were still running at the deadline: they come again at the next start.')
        }
      }),
    )

async function busOf({ bus }: RunOptions, dir: string): Promise<Bus> {
  if (bus === 'memory') return (await import('../../bus/memory/index.ts')).memory()
  const { embedded } = await import('../../bus/embedded/index.ts')
  return embedded({ dir, note: `process ${process.pid} (metrobus run)` })
}

async function runUntilStopped(
  { output, options, signal }: Context,
  running: RunningApp,
  { bus }: RunOptions,
): Promise<void> {
  await running.listening
  output.note(
    `${running.name} runs${bus === 'memory' ? ' in memory' : ` on the journal in ${options.dir}`}. Ctrl-C drains and stops it.`,
  )
  // Without a socket nothing else would keep the process alive.
  const alive = setInterval(() => {}, 2 ** 31 - 1)
  await untilAborted(signal, running.stopped).finally(() => clearInterval(alive))
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
