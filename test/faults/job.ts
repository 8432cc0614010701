/** One row, or a part of its cases, in a process of its own. `pool.ts` starts it and listens; what it says, it says over the channel to its parent. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from './row.ts'
import type { Row, RowContext, Tier } from './row.ts'

/** What is to be done. */
export interface Job {
  /** The id of the row, and the file that exports it. */
  readonly row: string
  readonly file: string
  readonly tier: Tier
  readonly seed: number
  readonly first: number
  readonly step: number
  /** Absent for a whole sweep: JSON has no Infinity. */
  readonly cases?: number
}

/** What a job says while it runs. */
export type JobMessage =
  | { readonly kind: 'dir'; readonly dir: string }
  | { readonly kind: 'done'; readonly count: number }
  | { readonly kind: 'violation'; readonly text: string; readonly number: number }
  | { readonly kind: 'count'; readonly what: string; readonly by: number }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'ended' }

/** The run ends early: no further case, and the one under way has so long. */
export interface StopMessage {
  readonly graceMs: number
}

/** Counts are sent in bundles, for an image takes a millisecond and a message not much less. */
const bundleMs = 100

if (import.meta.main) await runJob(JSON.parse(process.argv[2]!) as Job)

async function runJob(job: Job): Promise<void> {
  const send = (message: JobMessage): void => void process.send!(message)
  const stopping = new AbortController()
  // Ctrl-C reaches the whole group; the parent says when to stop.
  process.on('SIGINT', () => undefined)
  process.on('message', ({ graceMs }: StopMessage) => {
    stopping.abort()
    // A case that takes longer proves nothing; those before it count.
    setTimeout(end, graceMs).unref()
  })
  process.on('disconnect', () => process.exit(1))
  let unsent = 0
  let sentAt = performance.now()
  const flush = (): void => {
    if (unsent > 0) send({ kind: 'done', count: unsent })
    unsent = 0
    sentAt = performance.now()
  }
  let counted = 0
  const dir = mkdtempSync(join(tmpdir(), `metrobus-${job.row.toLowerCase()}-`))
  send({ kind: 'dir', dir })
  const context: RowContext = {
    tier: job.tier,
    cases: job.cases ?? Infinity,
    seed: job.seed,
    first: job.first,
    step: job.step,
    dir,
    signal: stopping.signal,
    done: (count = 1) => {
      counted += count
      unsent += count
      if (performance.now() - sentAt > bundleMs) flush()
    },
    get counted() {
      return counted
    },
    violation: (text, number) => send({ kind: 'violation', text, number }),
    count: (what, by) => send({ kind: 'count', what, by }),
    note: (text) => send({ kind: 'note', text }),
  }
  try {
    const { row } = (await import(job.file)) as { readonly row: Row }
    await row.run(context)
  } catch (error) {
    send({ kind: 'error', text: describe(error) })
  }
  end()

  function end(): void {
    flush()
    // What a row leaves running would keep this process for ever. The last message goes first.
    process.send!({ kind: 'ended' } satisfies JobMessage, () => process.exit())
  }
}
