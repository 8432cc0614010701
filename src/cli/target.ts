/**
 * What a subcommand speaks with, in this order: the process that runs the app, over its socket; with `--app`, for what changes something, the
 * app itself, started here for the act and stopped after it; else the files of the journal, read-only and under its lock.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { RideAnswer } from '../admin/answers.ts'
import type { AuditLog } from '../admin/audit.ts'
import { AdminClient, inProcess, overSocket } from '../admin/client.ts'
import type { Transport } from '../admin/client.ts'
import { subjectOf } from '../admin/subject.ts'
import type { Subject } from '../admin/subject.ts'
import { isMetrobusError } from '../errors/index.ts'
import { nodeClock } from '../internal/platform/node.ts'
import { loadApp } from './app-module.ts'
import type { LoadedApp } from './app-module.ts'
import type { Context } from './context.ts'

/** Ends what was opened for it when it is disposed. */
export interface Target extends AsyncDisposable {
  readonly client: AdminClient
  /** The ride of an event id, or MB_NOT_FOUND. In files it is found in less time than the routes take to be loaded, so that they are passed by. */
  trace(id: string): Promise<RideAnswer>
  /** True while a process runs the app. */
  readonly isLive: boolean
}

/** Throws MB_JOURNAL_MISSING, MB_JOURNAL_LOCKED (a process holds the journal and does not answer), MB_NO_APP_MODULE. */
export async function openTarget(
  context: Context,
  { writes = false }: { readonly writes?: boolean } = {},
): Promise<Target> {
  const { app: module } = context.options
  const app = module === undefined ? undefined : await loadApp(module)
  const live = await liveClient(context, app?.name)
  if (live !== undefined)
    return { client: live, trace: (id) => live.trace(id), isLive: true, [Symbol.asyncDispose]: async () => {} }
  return writes && app !== undefined ? startedTarget(context, app) : filesTarget(context, app?.name)
}

/** The app in this process: it drains before it stops, or stops at once on the signal. */
async function startedTarget({ options, signal }: Context, app: LoadedApp): Promise<Target> {
  const { embedded } = await import('../bus/embedded/index.ts')
  const note = `process ${process.pid} (metrobus --app)`
  const running = await app.start({ bus: embedded({ dir: options.dir, note }) })
  // Who drains it learns of its failure.
  running.stopped.catch(() => {})
  const { auditBeside, holdAudit } = await import('../admin/shared-audit.ts')
  const audit = holdAudit(auditBeside(join(options.dir, running.name)))
  const client = clientOf(subjectOf(running), signal, audit.log)
  return {
    client,
    trace: (id) => client.trace(id),
    isLive: true,
    async [Symbol.asyncDispose]() {
      try {
        await Promise.race([running.caughtUp(), aborted(signal)])
      } finally {
        await running.stop()
        await audit.release()
      }
    },
  }
}

async function filesTarget({ options, signal }: Context, name: string | undefined): Promise<Target> {
  const { openFiles } = await import('./files.ts')
  const files = await openFiles(options.dir, name)
  return {
    client: clientOf(files.subject, signal),
    async trace(id) {
      const { traceOf } = await import('../admin/trace.ts')
      return traceOf(files.subject.inspector, id)
    },
    isLive: false,
    [Symbol.asyncDispose]: () => files.close(),
  }
}

function clientOf(subject: Subject, signal: AbortSignal, audit?: AuditLog): AdminClient {
  let routes: Promise<Transport> | undefined
  const transport: Transport = async (request) => (await (routes ??= routesOf(subject, signal, audit)))(request)
  return new AdminClient(transport, { signal })
}

async function routesOf(subject: Subject, signal: AbortSignal, audit: AuditLog | undefined): Promise<Transport> {
  const { adminRoutes } = await import('../admin/routes.ts')
  return inProcess(adminRoutes({ subject, clock: nodeClock, signal, audit }))
}

/** The first process that answers; with a name, the one that runs this app. A socket that a killed process left is passed by. */
async function liveClient({ options, signal }: Context, name: string | undefined): Promise<AdminClient | undefined> {
  const names = await readdir(options.dir).catch(() => [])
  for (const socket of names.filter((file) => file.endsWith('.sock'))) {
    const client = new AdminClient(overSocket(join(options.dir, socket)), { signal })
    try {
      const { app } = await client.app()
      if (name === undefined || app === name) return client
    } catch (error) {
      if (!isMetrobusError(error, 'MB_UNREACHABLE')) throw error
    }
  }
  return undefined
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true }),
  )
