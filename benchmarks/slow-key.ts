/** One event whose handler takes 10 s: what the other keys of its partition feel. */
import { setTimeout as sleep } from 'node:timers/promises'
import { partitionOf } from '../src/event/partition.ts'
import { numberOf, verify } from './bench.ts'
import type { Bench, BenchOptions } from './bench.ts'
import { buses } from './buses.ts'
import { accountOf, idOf, isDropped } from './contact.ts'
import { inFolder } from './folder.ts'
import { dueMs, leadMs, sendAtRate } from './load.ts'
import { Finish } from './meter.ts'
import { Durations, rounded } from './percentiles.ts'
import { startRun } from './run.ts'

const slowMs = 10_000
/** Until the functions are compiled. */
const warmUpMs = 3_000
const partitions = 4

export const slowKey: Bench = {
  name: 'slow-key',
  purpose: 'latency of the other keys of a partition while one handler takes 10 s',
  options: { rate: { type: 'string', hint: 'events a second; default 1000' } },
  run: (options) => inFolder((dir) => run(dir, options)),
}

async function run(dir: string, options: BenchOptions): Promise<Readonly<Record<string, unknown>>> {
  const rate = numberOf(options, 'rate', 1000)
  const contacts = contactsOfOnePartition((rate * (warmUpMs + 2 * slowMs)) / 1000)
  const slow = (rate * (warmUpMs + slowMs)) / 1000
  const slowRide = idOf(contacts[slow]!)
  const slowAccount = accountOf(contacts[slow]!)
  const orderOf = new Map(contacts.map((index, order) => [index, order]))
  const calm = new Durations(contacts.length)
  const disturbed = new Durations(contacts.length)
  let startMs = 0
  let slowEndedMs = 0
  const finish = new Finish(contacts.length, (index, atMs) => {
    const order = orderOf.get(index)!
    if (order === slow) slowEndedMs = atMs
    if (accountOf(index) === slowAccount || order < (rate * warmUpMs) / 1000) return
    const durations = order < slow ? calm : disturbed
    durations.add(atMs - dueMs(order, rate, startMs))
  })
  const keep = (ride: string): Promise<void> | undefined => (ride === slowRide ? sleep(slowMs) : undefined)
  const app = await startRun(buses.embedded.open(dir, contacts.length), keep, finish.onEnded, 'given')
  startMs = performance.now() + leadMs
  await app.during(
    Promise.all([sendAtRate(contacts.length, rate, (order) => app.send(contacts[order]!), startMs), finish.done]),
  )
  await app.running.stop()
  verify(slowEndedMs >= dueMs(slow, rate, startMs) + slowMs, 'the slow event did not take its time')
  return { bench: 'slow-key', p99CalmMs: rounded(calm.percentile(0.99)), p99Ms: rounded(disturbed.percentile(0.99)) }
}

/** So many contacts whose keys lie in one partition and that reach the last stop. */
function contactsOfOnePartition(count: number): readonly number[] {
  const wanted = partitionOf(accountOf(0), partitions)
  const contacts: number[] = []
  for (let index = 0; contacts.length < count; index++)
    if (!isDropped(index) && partitionOf(accountOf(index), partitions) === wanted) contacts.push(index)
  return contacts
}
