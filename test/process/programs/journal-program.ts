/**
 * A small program on the journal itself, to be killed: takes events from its input, appends them to a topic and acknowledges what is durable; and,
 * as a stop would, moves them on to a second topic, each with its acknowledgement and a count in one unit.
 *
 *     node journal-program.ts DIR
 */
import { createInterface } from 'node:readline'
import { noHeaders } from '../../../src/event/event.ts'
import { partitionOf } from '../../../src/event/partition.ts'
import { Record } from '../../../src/event/record.ts'
import { nodePlatform } from '../../../src/internal/platform/node.ts'
import { openJournal } from '../../../src/journal/index.ts'
import type { Journal } from '../../../src/journal/index.ts'
import type { SentEvent } from '../../../src/testing/index.ts'
import { group, partitions, topics } from './journal-places.ts'

const journal = await openJournal({ dir: process.argv[2]!, platform: nodePlatform, segmentBytesMax: 256 * 1024 })
journal.createTopics([topics.arrived, topics.moved].map((name) => ({ name, partitions, retention: {} })))

let arrived: SentEvent[] = []
let ended = false
/** Positions behind appends, with the events to acknowledge once they are durable. */
const waiting: { readonly position: number; readonly numbers: readonly number[] }[] = []
journal.listen({
  durable(position) {
    while (waiting.length > 0 && waiting[0]!.position <= position)
      process.stdout.write(
        waiting
          .shift()!
          .numbers.map((number) => `ack ${number}\n`)
          .join(''),
      )
  },
  failed(error) {
    console.error(error)
    process.exit(1)
  },
  pressed: () => undefined,
})

const moving = Promise.all(Array.from({ length: partitions }, (_, partition) => move(journal, partition)))
process.stdout.write('ready\n')

for await (const line of createInterface({ input: process.stdin })) {
  if (arrived.length === 0) setImmediate(() => take(journal))
  arrived.push(JSON.parse(line) as SentEvent)
}
take(journal)
ended = true
await moving
await journal.close()

function take(journal: Journal): void {
  if (arrived.length === 0) return
  const events = arrived
  arrived = []
  const records = Map.groupBy(events, ({ key }) => partitionOf(key, partitions))
  const outputs = [...records].map(([partition, events]) => ({
    topic: topics.arrived,
    partition,
    records: events.map(recordOf),
  }))
  const position = journal.append(group, { outputs, acknowledgements: [], changes: [] })
  waiting.push({ position, numbers: events.map(({ number }) => number) })
}

/** Moves the records of a partition on, from where the group stands, until the input has ended and nothing is left. */
async function move(journal: Journal, partition: number): Promise<void> {
  const position = journal
    .positions(group)
    .find((position) => position.topic === topics.arrived && position.partition === partition)
  let next = position?.watermark ?? 0
  let count = Number(journal.rows(group, 'count', partition).get('moved') ?? 0)
  for (;;) {
    const isLast = ended
    await journal.synced()
    const records = await journal.read(topics.arrived, partition, next, { recordsMax: 50, bytesMax: 100_000 })
    if (records.length === 0) {
      if (isLast) return
      await new Promise((resolve) => setTimeout(resolve, 5))
      continue
    }
    next = records.at(-1)!.offset + 1
    count += records.length
    journal.append(group, {
      outputs: [{ topic: topics.moved, partition, records: records.map((record) => record.copy({ hop: 1 })) }],
      acknowledgements: [{ topic: topics.arrived, partition, watermark: next, above: [] }],
      changes: [{ store: 'count', partition, key: 'moved', value: String(count) }],
    })
  }
}

function recordOf({ number, key, body }: SentEvent): Record {
  const fields = {
    ride: `driver-${number}`,
    hop: 0,
    type: 'sent',
    source: '/driver',
    time: 0,
    key,
    headers: noHeaders,
    replay: 0,
    slip: '',
  }
  return new Record({ ...fields, correlationId: undefined, causationId: undefined }, { number, body }, undefined)
}
