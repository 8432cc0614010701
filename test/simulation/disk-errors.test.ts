/**
 * A disk that fails: the same short life of a journal is lived once for every call of its disk, and that call fails. Nothing may be acknowledged that
 * is not there afterwards, whatever became of the process and of the cache.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMetrobusError } from '../../src/errors/index.ts'
import type { Journal } from '../../src/journal/index.ts'
import { SimDisk, crashImages } from '../../src/testing/index.ts'
import type { DiskErrorCode, DiskFaults } from '../../src/testing/index.ts'
import { Trace, judgeState, openOn, shown } from './journal-trace.ts'

const sampled = Number(process.env['METROBUS_EVERY'] ?? 7)

interface Life {
  readonly trace: Trace
  readonly disk: SimDisk
  readonly calls: number
  /** What ended it, if anything did. */
  readonly error: unknown
  /** Whether something was acknowledged after the journal had said that it is poisoned. */
  readonly acknowledgedPoisoned: boolean
}

/** Lives until the end, or until the journal refuses to go on. Some time passes, so that what is tried again is tried. */
async function live(faults: DiskFaults | undefined): Promise<Life> {
  const trace = new Trace(17)
  const disk = new SimDisk()
  let isPoisoned = false
  let acknowledgedPoisoned = false
  let error: unknown
  disk.fail(faults)
  try {
    for (let opening = 0; opening < 2; opening++) {
      const journal = await openOn(disk, trace.clock, { reserveBytes: 2000 })
      const failed = (): void => {
        isPoisoned = true
      }
      const durable = (): void => {
        acknowledgedPoisoned ||= isPoisoned
      }
      journal.listen({ durable, pressed: () => undefined, failed })
      if (opening === 0) trace.createTopics(journal)
      for (let groupCount = 0; groupCount < 5; groupCount++) {
        await appendSome(trace, journal)
        const synced = journal.synced().then(() => trace.acknowledge(disk))
        synced.catch(() => undefined)
        await trace.clock.advance(1100)
        await synced
      }
      await journal.housekeep()
      await journal.close()
      if (journal.failure !== undefined) throw journal.failure
      trace.forgetRecords()
    }
  } catch (thrown) {
    error = thrown
  }
  return { trace, disk, calls: disk.callCount(), error, acknowledgedPoisoned }
}

/** While entries are refused for want of space nothing is appended; the next time they may be taken again. */
async function appendSome(trace: Trace, journal: Journal): Promise<void> {
  for (let unit = 0; unit < 2; unit++) {
    for (let waits = 0; journal.pressure !== undefined && waits < 10; waits++) await trace.clock.advance(1000)
    trace.append(journal)
  }
}

/** Opens what is left, with the cache and without it, and judges both. */
async function judgeWhatIsLeft({ trace, disk }: Life): Promise<void> {
  disk.fail(undefined)
  const completed = disk.operations.length
  const from = completed - 1
  const images = [...crashImages(disk, { from, cutEvery: 1000, subsetsOf: 0, samples: 1 })].slice(0, 3)
  const left = [
    { name: 'after its death', disk: disk.remount() },
    ...images.map((image) => ({ name: image.name, disk: image.mount() })),
  ]
  for (const { name, disk } of left) {
    const journal = await openOn(disk, trace.clock)
    const state = await shown(journal)
    const verdict = judgeState(trace.steps, state, completed)
    if (typeof verdict === 'string') assert.fail(`${name}: ${verdict}`)
    await journal.synced()
    // What was shown must be on the disk, not in the cache alone: the power goes at once.
    const again = await openOn(disk.powerCut(), trace.clock)
    assert.equal(await shown(again), state, `${name}: a power cut takes back what was shown`)
    await again.close()
  }
}

/** Fails every `step`-th call, one a life; answers how many there are. `METROBUS_EVERY=1` fails each also where a sample is usual. */
async function sweep(error: DiskErrorCode, step: number, check: (life: Life, name: string) => void): Promise<number> {
  const { calls, error: calm } = await live(undefined)
  if (calm !== undefined) throw calm
  const failures: Error[] = []
  for (let call = 1; call <= calls; call += step) {
    let name = ''
    const life = await live(({ number, name: called, path, bytes }) => {
      if (number !== call) return undefined
      name = `${called} ${path}`
      return { error, bytes: Math.floor(bytes / 2) }
    })
    try {
      if (life.error !== undefined && !isMetrobusError(life.error)) throw life.error
      check(life, name)
      await judgeWhatIsLeft(life)
    } catch (cause) {
      failures.push(new Error(`${error} at call ${call}, ${name}`, { cause }))
    }
  }
  if (failures.length > 0)
    throw new AggregateError(
      failures,
      failures.map(({ message, cause }) => `${message}: ${(cause as Error).message}`).join('\n'),
    )
  return calls
}

test('acknowledges nothing after a call failed with EIO in the log, and loses nothing, at every call', async (t) => {
  const calls = await sweep('EIO', 1, ({ acknowledgedPoisoned, error }, name) => {
    assert.equal(acknowledgedPoisoned, false, 'something was acknowledged after it')
    if (/^(write|sync|truncate) .*\.seg$/.test(name)) assert.ok(error !== undefined, 'it went on')
  })
  t.diagnostic(`${calls} calls`)
})

for (const code of ['ENOSPC', 'EDQUOT'] as const)
  test(`goes on by itself after ${code} at any write, and loses nothing`, async (t) => {
    const calls = await sweep(code, code === 'ENOSPC' ? 1 : sampled, ({ error, trace }, name) => {
      if (!name.startsWith('write')) return
      if (error !== undefined) throw error
      assert.ok(
        trace.steps.every(({ acknowledgedAt }) => acknowledgedAt < Infinity),
        'not everything was acknowledged',
      )
    })
    t.diagnostic(`${calls} calls`)
  })

for (const code of ['EROFS', 'EACCES', 'EMFILE'] as const)
  test(`fails loudly or goes on after ${code} at any call, and loses nothing`, async () => {
    await sweep(code, sampled, () => undefined)
  })

test('settles while the disk is full, refuses entries, and takes them again within 5 s when there is room', async () => {
  const trace = new Trace(23)
  const disk = new SimDisk()
  const journal = await openOn(disk, trace.clock, { reserveBytes: 20_000, segmentBytesMax: 64 * 1024 })
  trace.createTopics(journal)
  for (let round = 0; round < 10; round++) {
    disk.capacityBytes = disk.files().reduce((sum, { size }) => sum + size, 0) + 1000
    while (journal.pressure === undefined) {
      trace.append(journal)
      await trace.clock.advance(1)
    }
    assert.throws(() => journal.append('g', { outputs: [], acknowledgements: [], changes: [] }), {
      code: 'MB_NO_SPACE',
    })
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
  next.fail(({ name, number }) => (name === 'read' && number % 3 !== 0 ? { bytes: 100 } : undefined))

  assert.equal(await shown(await openOn(next, trace.clock)), trace.steps.at(-1)!.state)
})
