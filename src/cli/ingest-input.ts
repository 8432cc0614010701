import { inputSource } from '../connect/file/input-source.ts'
/** Brings a file or standard input into an entry, and says what was found. */
import { ingestSource } from '../connect/ingest-source.ts'
import type { IngestReport } from '../connect/ingest-source.ts'
import type { Opening } from '../connect/source.ts'
import { MetrobusError } from '../errors/index.ts'
import type { EntryDefinition } from '../runtime/definition.ts'
import type { RunningApp } from '../runtime/running.ts'
import type { Context } from './context.ts'
import { progressBar } from './progress.ts'

export interface InputOptions {
  /** A path, or - for standard input. */
  readonly input: string
  readonly format?: 'ndjson' | 'csv'
  /** Undefined takes the only one. */
  readonly entry?: string
  readonly again?: boolean
}

/** Ends when every line is durable, or behind the batch on its way when the signal comes. */
export async function ingestInput(
  { output, signal }: Context,
  running: RunningApp,
  entries: readonly EntryDefinition[],
  { input, format, entry, again = false }: InputOptions,
): Promise<IngestReport> {
  const source = await inputSource(input, format === undefined ? {} : { format })
  using bar = await progressBar(output, 'bytes')
  return await ingestSource(running, entryOf(entries, entry), source, {
    again,
    signal,
    opened(opening) {
      const sentence = sentenceOf(source.name, opening)
      if (sentence !== undefined) output.note(sentence)
    },
    progress: ({ bytes, bytesDone }) => bytes !== undefined && bar.at(bytesDone, bytes),
  })
}

/** An entry that reads a topic has its events from there. */
function entryOf(entries: readonly EntryDefinition[], wanted: string | undefined): string {
  const known = entries.filter(({ from }) => from === undefined).map(({ name }) => name)
  const [only] = known
  if (wanted !== undefined && known.includes(wanted)) return wanted
  if (wanted !== undefined) throw new MetrobusError('MB_UNKNOWN_ENTRY', { entry: wanted, known })
  if (only !== undefined && known.length === 1) return only
  throw new MetrobusError('MB_BAD_ARGUMENT', {
    argument: '--entry',
    problem:
      known.length === 0
        ? 'cannot be chosen: this app has no entry that an input could feed'
        : `is missing: the app has ${known.join(', ')}`,
  })
}

function sentenceOf(name: string, { state, lines }: Opening): string | undefined {
  switch (state) {
    case 'new':
      return undefined
    case 'goes-on':
      return `${name}: ${lines} lines rode before; it goes on behind them.`
    case 'rode-already':
      return `${name}: all ${lines} lines rode already; --again starts over.`
    case 'cannot-resume':
      return `${name} cannot be resumed: of an earlier one, line ${lines} was the last that was kept. Send only what came behind it.`
  }
}
