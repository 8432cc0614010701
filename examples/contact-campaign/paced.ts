/** A source at a steady rate, so that what rides can be watched. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { OpenSourceOptions, Source, SourceBatch } from '../../src/connect/source.ts'

/** The same source, at most so many items a second; undefined leaves it as it is. */
export function paced(source: Source, itemsASecond: number | undefined): Source {
  if (itemsASecond === undefined) return source
  return {
    name: source.name,
    async open(options: OpenSourceOptions) {
      const open = await source.open(options)
      return {
        key: open.key,
        state: open.state,
        lines: open.lines,
        run: open.run,
        bytes: open.bytes,
        batches: () => slowly(open.batches(), itemsASecond, options.signal),
        close: () => open.close(),
      }
    },
  }
}

async function* slowly(
  batches: AsyncIterable<SourceBatch>,
  itemsASecond: number,
  signal: AbortSignal,
): AsyncGenerator<SourceBatch> {
  for await (const batch of batches) {
    await sleep((batch.items.length * 1000) / itemsASecond, undefined, { signal }).catch(() => {})
    yield batch
  }
}
