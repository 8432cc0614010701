/** What the judges of killed programs read from a journal. */
import type { Journal } from '../../src/journal/index.ts'
import type { FoundEvent } from '../../src/testing/index.ts'

/** What a topic holds, partition by partition. */
export async function eventsIn(journal: Journal, topic: string): Promise<readonly FoundEvent[]> {
  const events: FoundEvent[] = []
  const found = journal.topics().find(({ name }) => name === topic)
  for (const { partition } of found?.partitions ?? []) {
    for (let next = 0; ;) {
      const records = await journal.read(topic, partition, next, { recordsMax: 1000, bytesMax: 1024 * 1024 })
      if (records.length === 0) break
      for (const { data } of records) events.push(data as FoundEvent)
      next = records.at(-1)!.offset + 1
    }
  }
  return events
}
