/**
 * `npm start`: lets a file of contacts ride the campaign, over a durable journal. Kill it with -9 and start it again: it goes on where it was, and the
 * archive holds every ride once. SIGHUP reads the reference data again.
 */
import { serveConsole } from '../../src/admin/index.ts'
import { ingestSource, inputSource } from '../../src/connect/file/index.ts'
import type { IngestReport } from '../../src/connect/file/index.ts'
import { embedded, isMetrobusError } from '../../src/index.ts'
import type { RunningApp } from '../../src/index.ts'
import { contactCampaign } from './app.ts'
import { realDependencies } from './dependencies.ts'
import { parseOptions, usage } from './options.ts'
import type { Options } from './options.ts'
import { paced } from './paced.ts'
import { beginningOf, factsOf, faultsOf, progressBar, tableOf } from './report.ts'

/** How long a signal waits for what has begun. */
const drain = { seconds: 10 }
/** Longer lines are refused: contacts are short. */
const lineBytesMax = 64 * 1024
const faultsShown = 8
const knownPort = 4900
/** With a rate. */
const batchesASecond = 10

async function main({ input, format, dir, again, rate, stay, port }: Options): Promise<number> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143)
      console.error(`\n${signal}: finishing what has begun; once more ends at once.`)
      stop.abort()
    })

  const dependencies = realDependencies(dir)
  process.on('SIGHUP', () => dependencies.emails.refresh())
  const running = await contactCampaign(dependencies).start({ bus: embedded({ dir }), drain, log: errorsOnly })
  let page: Page | undefined
  try {
    page = await openConsole(running, port)
    // To people; what is written to a file is the same with a console and without.
    if (page !== undefined && (stay || process.stderr.isTTY)) process.stderr.write(`console  ${page.url}\n`)
    const batchLinesMax = rate === undefined ? {} : { batchLinesMax: Math.max(1, Math.ceil(rate / batchesASecond)) }
    const lines = { lineBytesMax, ...batchLinesMax, ...(format !== undefined && { format }) }
    const source = paced(await inputSource(input, lines), rate)
    const bar = progressBar(process.stderr)
    const began = performance.now()
    const report = await ingestSource(running, 'contacts', source, {
      again,
      signal: stop.signal,
      opened: (opening) => print(beginningOf(source.name, opening)),
      progress: (report) => bar.at(report),
    })
    await Promise.race([running.caughtUp(), running.stopped, aborted(stop.signal)])
    bar.end()
    const seconds = (performance.now() - began) / 1000
    const archive = await dependencies.archive.open(report)

    print(tableOf(running.stats(), seconds))
    print(factsOf(report, seconds, dependencies.emails))
    print(`archive  ${archive.path}: ${archive.size} rides`)
    print(await faultsOf(running, faultsShown))
    print(lastWord(report, stop.signal.aborted))
    if (stay) await Promise.race([running.stopped, aborted(stop.signal)])
  } finally {
    const { drained } = await running.stop()
    await page?.close()
    await dependencies.archive.close()
    if (!drained) console.error('Some events had not finished: they come again at the next start.')
  }
  return 0
}

type Page = Awaited<ReturnType<typeof serveConsole>>

/** At the address that people know, or at any when somebody else is there. Where it is not built, the campaign rides without it. */
async function openConsole(running: RunningApp, port: number): Promise<Page | undefined> {
  return serveConsole(running, { port }).catch((error: unknown) => {
    if (!isMetrobusError(error)) throw error
    if (error.code === 'MB_CANNOT_LISTEN' && port === knownPort) return serveConsole(running, { port: 0 })
    if (error.code === 'MB_NO_CONSOLE') return undefined
    throw error
  })
}

function lastWord({ isComplete, linesDone }: IngestReport, isStopped: boolean): string | undefined {
  if (!isStopped) return undefined
  return isComplete
    ? 'Stopped. Start again to finish what is on its way.'
    : `Stopped behind line ${linesDone}. Start again to go on.`
}

function print(text: string | undefined): void {
  if (text !== undefined) console.log(text)
}

const aborted = (signal: AbortSignal): Promise<unknown> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))

/** Bad lines are in the error log, and told at the end; the terminal is for what else goes wrong. */
const errorsOnly = {
  info: () => {},
  warn: () => {},
  error: (facts: object, message: string) => console.error(message, facts),
}

// A reader such as `head` has seen enough: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
try {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) print(usage)
  process.exitCode = options.help ? 0 : await main(options)
} catch (error) {
  if (error instanceof TypeError && 'code' in error) {
    console.error(`${error.message}\n\n${usage}`)
    process.exitCode = 2
  } else {
    console.error(isMetrobusError(error) ? `${error.code} ${error.message}` : error)
    process.exitCode = 1
  }
}
