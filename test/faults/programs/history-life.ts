/**
 * A journal with a long history and a tail: so many sealed segments of some KiB, closed; then opened again, and so many bytes appended to the segment that is written to. Says `filled <events>` when all
 * of it is durable, and then goes on appending without ever waiting for the disk, to be killed. Argument: `{ dir, segments, tailBytes }`.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { noHeaders } from '../../../src/event/event.ts'
import { Record } from '../../../src/event/record.ts'
import { nodePlatform } from '../../../src/internal/platform/node.ts'
import { openJournal } from '../../../src/journal/index.ts'
import type { Journal } from '../../../src/journal/index.ts'
import { group, topics } from './journal-places.ts'

interface HistoryLife {
  readonly dir: string
  readonly segments: number
  readonly tailBytes: number
}

const { dir, segments, tailBytes } = JSON.parse(process.argv[2]!) as HistoryLife
const body = 'x'.repeat(1000)
let events = 0

const open = (segmentBytesMax: number): Promise<Journal> =>
  openJournal({ dir, platform: nodePlatform, segmentBytesMax, reserveBytes: 0 })

function append(to: Journal): void {
  const fields = {
    ride: `e${events}`,
    hop: 0,
    type: 'sent',
    source: '/history',
    time: 0,
    key: null,
    headers: noHeaders,
  }
  const rest = { replay: 0, slip: '', correlationId: undefined, causationId: undefined }
  const records = [new Record({ ...fields, ...rest }, { number: events++, body }, undefined)]
  to.append(group, { outputs: [{ topic: topics.arrived, partition: 0, records }], acknowledgements: [], changes: [] })
}

const history = await open(32 * 1024)
history.createTopics([{ name: topics.arrived, partitions: 1, retention: {} }])
while (history.segments().length <= segments) {
  for (let count = 0; count < 32; count++) append(history)
  await history.synced()
}
await history.close()

const journal = await open(1024 * 1024 * 1024)
for (let bytes = 0; bytes < tailBytes; bytes += body.length) {
  append(journal)
  if (events % 500 === 0) await journal.synced()
}
await journal.synced()
console.log(`filled ${events}`)
for (;;) {
  append(journal)
  await sleep(1)
}
