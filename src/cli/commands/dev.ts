import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { watch } from 'node:fs'
import { dirname, relative, resolve, sep } from 'node:path'
import { emitKeypressEvents } from 'node:readline'
import { Argument, Command } from 'commander'
import { MetrobusError } from '../../errors/index.ts'
import type { Context, Runner } from '../context.ts'

/** Changes that come together, such as those of an editor that saves all, are one. */
const settleMs = 100

interface DevOptions {
  readonly watch?: string
  readonly admin?: string
  readonly adminOptions?: string
}

/** `metrobus dev <app>` */
export const command = (run: Runner): Command =>
  new Command('dev')
    .description(
      'run an app and start it again on every change of its files; the journal is kept. Keys: r restarts, q quits',
    )
    .addArgument(new Argument('[app]', 'module of the app; also by --app'))
    .option('--watch <folder>', 'folder whose files are watched (default: that of the module)')
    .option('--admin <address>', 'serve the admin API and the console, as `run --admin` does')
    .option('--admin-options <file>', 'JSON file that says who may use the admin API, and how')
    .action((path: string | undefined, options: DevOptions, command: Command) =>
      run(command, async (context) => {
        const module = path ?? context.options.app
        if (module === undefined)
          throw new MetrobusError('MB_BAD_ARGUMENT', {
            argument: 'The app',
            problem: 'is not named: write `metrobus dev <module>`',
          })
        const folder = resolve(options.watch ?? dirname(module))
        await develop(context, module, folder, options)
      }),
    )

async function develop(
  context: Context,
  module: string,
  folder: string,
  { admin, adminOptions }: DevOptions,
): Promise<void> {
  const { output, options, signal } = context
  const words = [
    ...(admin === undefined ? [] : ['--admin', admin]),
    ...(adminOptions === undefined ? [] : ['--admin-options', adminOptions]),
  ]
  const app = new Restarted(context, ['run', module, '--dir', options.dir, ...words])
  const quit = Promise.withResolvers<undefined>()
  signal.addEventListener('abort', () => quit.resolve(undefined))
  let timer: NodeJS.Timeout | undefined
  const changed = (file: string): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      output.note(`${file} changed`)
      app.restart()
    }, settleMs)
  }
  using _watcher = disposable(
    watch(folder, { recursive: true }, (_event, file) => {
      if (file !== null && isSource(folder, file, options.dir)) changed(file)
    }),
  )
  using _keys = keys(context, { r: () => app.restart(), q: () => quit.resolve(undefined) })
  app.restart()
  await quit.promise
  clearTimeout(timer)
  await app.end()
}

/** What the app writes must not restart it. */
function isSource(folder: string, file: string, dir: string): boolean {
  const parts = file.split(sep)
  const inJournal = !relative(resolve(dir), resolve(folder, file)).startsWith('..')
  return (
    !inJournal &&
    !parts.includes('node_modules') &&
    !parts.some((part) => part.startsWith('.')) &&
    /\.(?:[cm]?[jt]s|json)$/.test(file)
  )
}

/** A child process that can be asked to drain and start again, any number of times, one at a time. */
class Restarted {
  readonly #context: Context
  readonly #words: readonly string[]
  #child: ChildProcess | undefined
  #turn: Promise<void> = Promise.resolve()
  #isWanted = false

  constructor(context: Context, words: readonly string[]) {
    this.#context = context
    this.#words = words
  }

  /** Requests that come while one is under way are one. */
  restart(): void {
    if (this.#isWanted) return
    this.#isWanted = true
    this.#turn = this.#turn.then(async () => {
      await this.#stop()
      this.#isWanted = false
      this.#start()
    })
  }

  /** Drains the child and starts none again. */
  async end(): Promise<void> {
    await this.#turn
    await this.#stop()
  }

  #start(): void {
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...this.#words], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    this.#child = child
    child.once('exit', (code, signal) => {
      if (this.#child !== child) return
      this.#child = undefined
      this.#context.output.note(
        `The app ended (${signal ?? `exit code ${code}`}): it starts again on the next change, or on r.`,
      )
    })
  }

  async #stop(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }
}

/** Single keys, where standard input is a terminal. */
function keys({ stdin, output }: Context, actions: { readonly [key: string]: () => void }): Disposable {
  if (stdin.isTTY !== true) return disposable({ close: () => {} })
  emitKeypressEvents(stdin)
  stdin.setRawMode(true)
  const pressed = (_text: string, key: { readonly name?: string; readonly ctrl?: boolean }): void => {
    if (key.ctrl === true && key.name === 'c') process.kill(process.pid, 'SIGINT')
    else actions[key.name ?? '']?.()
  }
  stdin.on('keypress', pressed)
  output.note('r restarts, q quits')
  return disposable({
    close() {
      stdin.off('keypress', pressed)
      stdin.setRawMode(false)
      stdin.pause()
    },
  })
}

const disposable = (thing: { close(): void }): Disposable => ({ [Symbol.dispose]: () => thing.close() })
