/**
 * A disk that fails: at every call in the life of a journal (`failing-life.ts`), and while it is full.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimDisk } from '../../src/testing/index.ts'
import type { DiskErrorCode } from '../../src/testing/index.ts'
import { assertGoesOn, assertPoisoned, callsOfCalmLife, failCall } from './failing-life.ts'
import { Trace, openOn, shown } from './journal-trace.ts'

/** Of the rarer errors so many calls are left out; row J8 of `npm run -s faults` has them all. */
const sampled = 7

/** Fails every `step`-th call, one a life; answers how many there are. */
async function sweep(code: DiskErrorCode, step: number, check: Parameters<typeof failCall>[1]): Promise<number> {
  const calls = (await callsOfCalmLife()).length
  const failures: string[] = []
  for (let number = 1; number <= calls; number += step)
    await failCall({ code, number }, check).catch((error: Error) =>
      failures.push(`${error.message}: ${(error.cause as Error).message}`),
    )
  assert.equal(failures.join('\n'), '')
  return calls
}

test('acknowledges nothing after a call failed with EIO in the log, and loses nothing, at every call', async (t) => {
  t.diagnostic(`${await sweep('EIO', 1, assertPoisoned)} calls`)
})

for (const code of ['ENOSPC', 'EDQUOT'] as const)
  test(`goes on by itself after ${code} at any write, and loses nothing`, async (t) => {
    t.diagnostic(`${await sweep(code, code === 'ENOSPC' ? 1 : sampled, assertGoesOn)} calls`)
  })

for (const code of ['EROFS', 'EACCES', 'EMFILE'] as const)
  test(`fails loudly or goes on after ${code} at any call, and loses nothing`, async () => {
    await sweep(code, sampled, () => undefined)
  })

test('settles while the disk is full, asks entries to wait, and takes them again within 5 s when there is room', async () => {
  const trace = new Trace(23)
  const disk = new SimDisk()
  // A segment's space is set ahead, so the disk is full where a new one begins, and what is settled there cannot refer to the one before.
  const journal = await openOn(disk, trace.clock, { reserveBytes: 40_000, segmentBytesMax: 64 * 1024 })
  trace.createTopics(journal)
  for (let round = 0; round < 10; round++) {
    disk.capacityBytes = disk.files().reduce((sum, { size }) => sum + size, 0) + 1000
    while (journal.pressure === undefined) {
      trace.append(journal)
      await trace.clock.advance(1)
    }
    for (let unit = 0; unit < 3 && trace.unsettled > 0; unit++) {
      trace.settle(journal)
      await journal.synced()
    }

    disk.capacityBytes += 100_000
    await trace.clock.advance(5000)

    assert.equal(journal.pressure, undefined, `round ${round}`)
  }
  await journal.close()
  assert.equal(await shown(await openOn(disk.powerCut(), trace.clock)), trace.steps.at(-1)!.state)
})

test('brings short reads together', async () => {
  const trace = new Trace(29)
  const disk = new SimDisk()
  const journal = await openOn(disk, trace.clock)
  trace.createTopics(journal)
  for (let unit = 0; unit < 40; unit++) trace.append(journal)
  await journal.synced()
  await journal.close()
  const next = disk.remount()
  // Also the header of a segment and the checkpoint, which are short themselves.
  next.fail(({ name, bytes }) => (name === 'read' ? { bytes: Math.ceil(bytes / 2) } : undefined))

  assert.equal(await shown(await openOn(next, trace.clock)), trace.steps.at(-1)!.state)
})

test('writes on where a file cannot be set ahead, for what is to be written may fit', async () => {
  const trace = new Trace(31)
  const disk = new SimDisk()
  disk.fail(({ name }) => (name === 'truncate' ? { error: 'ENOSPC' } : undefined))
  const journal = await openOn(disk, trace.clock)
  trace.createTopics(journal)
  for (let unit = 0; unit < 5; unit++) {
    trace.append(journal)
    await journal.synced()
    assert.equal(journal.pressure, undefined)
  }
})
