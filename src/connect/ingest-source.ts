/** Drives a source into an entry of a running app: a batch and its position in one commit unit, so that a restart goes on exactly behind it. */
import type { Opening, OpenSource, Source, SourceBatch, SourceItem } from './source.ts'

/** The part of a running app that takes in a source. */
export interface Intake {
  ingest(
    entry: string,
    batch: {
      readonly items: readonly SourceItem[]
      readonly position: { readonly key: string; readonly value: string }
    },
  ): Promise<{ readonly accepted: number; readonly refused: number }>
  positions(entry: string): Promise<ReadonlyMap<string, string>>
}

/** What is told while a source rides. */
export interface IngestOptions {
  /** Begins a new run over an input that rode already, or in part: its events get ids of their own. Default: false. */
  readonly again?: boolean
  /** Stops at once; the batch that is on its way may still be kept, and then its position is, too. */
  readonly signal?: AbortSignal
  /** Called once, before the first batch. */
  readonly opened?: (opening: Opening) => void
  /** Called after every batch, when it is durable. */
  readonly progress?: (report: IngestReport) => void
}

/** How far an input has come. */
export interface IngestReport extends Opening {
  /** Events and faults of this call. Refused are those that the entry's schema did not take, and lines that are no events. */
  readonly accepted: number
  readonly refused: number
  /** Lines up to here, earlier calls included. */
  readonly linesDone: number
  readonly bytesDone: number
  /** False when the signal came first. */
  readonly isComplete: boolean
}

/**
 * Brings in what `source` holds behind its committed position. Waits for each batch to be durable before the next one goes, and reads that one
 * meanwhile: of two batches on their way, the second could be kept without the first, and its position would lie behind events that never came.
 */
export async function ingestSource(
  app: Intake,
  entry: string,
  source: Source,
  options: IngestOptions = {},
): Promise<IngestReport> {
  const { again = false, signal = new AbortController().signal } = options
  const positions = await app.positions(entry)
  const open = await source.open({ positions, again, signal })
  try {
    const opening = openingOf(open)
    options.opened?.(opening)
    return await ingestOpen(app, entry, open, { ...options, signal })
  } finally {
    await open.close()
  }
}

async function ingestOpen(
  app: Intake,
  entry: string,
  open: OpenSource,
  { signal, progress }: IngestOptions & { readonly signal: AbortSignal },
): Promise<IngestReport> {
  let report: IngestReport = {
    ...openingOf(open),
    accepted: 0,
    refused: 0,
    linesDone: open.lines,
    bytesDone: 0,
    isComplete: false,
  }
  const batches = open.batches()[Symbol.asyncIterator]()
  const aborted = abortOf(signal)
  try {
    let next = batches.next()
    for (;;) {
      const result = await Promise.race([next, aborted.promise])
      if (result === undefined || signal.aborted) {
        // It may be waiting for a line that never comes; closing the source ends it.
        next.catch(() => {})
        return report
      }
      if (result.done === true) return { ...report, isComplete: true }
      next = batches.next()
      // Looked at in the next turn of this loop, unless the app refuses first.
      next.catch(() => {})
      const ingested = app.ingest(entry, unitOf(open, result.value))
      const counts = await Promise.race([ingested, aborted.promise])
      if (counts === undefined) {
        // An app that waits for room would keep us for ever. Whether the batch was kept, its position tells at the next start.
        ingested.catch(() => {})
        return report
      }
      report = added(report, result.value, counts)
      progress?.(report)
    }
  } finally {
    aborted.forget()
  }
}

const unitOf = (open: OpenSource, { items, position }: SourceBatch): Parameters<Intake['ingest']>[1] => ({
  items,
  position: { key: open.key, value: position },
})

const added = (
  report: IngestReport,
  batch: SourceBatch,
  { accepted, refused }: { readonly accepted: number; readonly refused: number },
): IngestReport => ({
  ...report,
  accepted: report.accepted + accepted,
  refused: report.refused + refused,
  linesDone: batch.lines,
  bytesDone: batch.bytes,
})

const openingOf = ({ key, state, lines, run, bytes }: OpenSource): Opening => ({ key, state, lines, run, bytes })

/** The signal as a promise of undefined. */
function abortOf(signal: AbortSignal): { readonly promise: Promise<undefined>; forget(): void } {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const stop = (): void => resolve(undefined)
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop)
  return { promise, forget: () => signal.removeEventListener('abort', stop) }
}
