/**
 * A short life of a journal: groups of events arrive, are made durable and acknowledged, and are moved on as a stop would; segments roll, are cleaned and compacted.
 * What fails, ends it. See `journal-places.ts` for its argument.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { noHeaders } from '../../../src/event/event.ts'
import { partitionOf } from '../../../src/event/partition.ts'
import { Record } from '../../../src/event/record.ts'
import { nodePlatform } from '../../../src/internal/platform/node.ts'
import { openJournal } from '../../../src/journal/index.ts'
import type { Journal } from '../../../src/journal/index.ts'
import { eventOf } from './events.ts'
import { group, groupMax, partitions, topics } from './journal-places.ts'
import type { JournalLife } from './journal-places.ts'

const life = JSON.parse(process.argv[2]!) as JournalLife
/** Resolves when the kernel has it: nothing that was said is lost with the process. */
const say = (line: string): Promise<void> => new Promise((done) => process.stdout.write(`${line}\n`, () => done()))

const journal = await openJournal({
  dir: life.dir,
  platform: nodePlatform,
  segmentBytesMax: life.segmentBytes ?? 8 * 1024,
  reserveBytes: life.reserveBytes ?? 0,
  log: (level, message, facts) => console.error(level, message, JSON.stringify(facts)),
})
journal.createTopics([
  { name: topics.arrived, partitions, retention: {} },
  { name: topics.moved, partitions, retention: {} },
  { name: topics.latest, partitions, retention: { compact: true } },
  { name: topics.gone, partitions: 1, retention: { timeMs: 0 } },
])
await journal.synced()
void say('ready')
let next = life.from
for (let turn = 1; turn <= life.groups; turn++) {
  const numbers = Array.from({ length: 1 + (turn % groupMax) }, () => next++)
  for (const number of numbers) await arrive(journal, number)
  for (let partition = 0; partition < partitions; partition++) await move(journal, partition)
  await journal.synced()
  await say(`ack ${numbers.join(' ')}`)
  if (turn % (life.housekeepEvery ?? 8) === 0) await journal.housekeep()
  if (life.idleEvery !== undefined && turn % life.idleEvery === 0) await sleep(150)
}
await journal.close()
await say('closed')

/** While nothing new is to come, for want of space, it waits. */
async function arrive(to: Journal, number: number): Promise<void> {
  while (to.pressure !== undefined) await sleep(20)
  append(to, number)
}

/** One unit: the event where it is kept and where it is compacted, and something that nobody keeps. */
function append(to: Journal, number: number): void {
  const { key } = eventOf(number)
  const partition = partitionOf(key, partitions)
  to.append(group, {
    outputs: [
      { topic: topics.arrived, partition, records: [recordOf(number)] },
      { topic: topics.latest, partition, records: [recordOf(number)] },
      { topic: topics.gone, partition: 0, records: [recordOf(number), recordOf(number)] },
    ],
    acknowledgements: [],
    changes: [],
  })
}

/** One unit: what is durable goes on, with its acknowledgement and a count. */
async function move(on: Journal, partition: number): Promise<void> {
  const at = on.positions(group).find((one) => one.topic === topics.arrived && one.partition === partition)
  const records = await on.read(topics.arrived, partition, at?.watermark ?? 0, { recordsMax: 20, bytesMax: 100_000 })
  if (records.length === 0) return
  const watermark = records.at(-1)!.offset + 1
  on.append(group, {
    outputs: [{ topic: topics.moved, partition, records: records.map((record) => record.copy({ hop: 1 })) }],
    acknowledgements: [{ topic: topics.arrived, partition, watermark, above: [] }],
    changes: [{ store: 'count', partition, key: 'moved', value: String(watermark) }],
  })
}

function recordOf(number: number): Record {
  const { key, body } = eventOf(number)
  const fields = { ride: `e${number}`, hop: 0, type: 'sent', source: '/program', time: 0, key, headers: noHeaders }
  const rest = { replay: 0, slip: '', correlationId: undefined, causationId: undefined }
  return new Record({ ...fields, ...rest }, { number, body }, undefined)
}
