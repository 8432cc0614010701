/**
 * A disk that fails: the same short life of a journal is lived once for every call of its disk, and that call fails. Nothing may be acknowledged that
 * is not there afterwards, whatever became of the process and of the cache.
 */
import assert from 'node:assert/strict'
import { isMetrobusError } from '../../src/errors/index.ts'
import type { Journal } from '../../src/journal/index.ts'
import { SimDisk, crashImages } from '../../src/testing/index.ts'
import type { DiskCall, DiskErrorCode, DiskFaults } from '../../src/testing/index.ts'
import { Trace, judgeState, openOn, shown } from './journal-trace.ts'

/** What came of a life. */
export interface FailingLife {
  readonly trace: Trace
  readonly disk: SimDisk
  /** What ended it, if anything did. */
  readonly error: unknown
  /** Whether something was acknowledged after the journal had said that it is poisoned. */
  readonly acknowledgedPoisoned: boolean
}

/** Lives until the end, or until the journal refuses to go on. Some time passes, so that what is tried again is tried. */
export async function liveFailing(faults: DiskFaults | undefined): Promise<FailingLife> {
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
  return { trace, disk, error, acknowledgedPoisoned }
}

/** While entries are refused for want of space nothing is appended; the next time they may be taken again. */
async function appendSome(trace: Trace, journal: Journal): Promise<void> {
  for (let unit = 0; unit < 2; unit++) {
    for (let waits = 0; journal.pressure !== undefined && waits < 10; waits++) await trace.clock.advance(1000)
    trace.append(journal)
  }
}

/** Opens what is left, with the cache and without it, and judges both. */
export async function judgeWhatIsLeft({ trace, disk }: FailingLife): Promise<void> {
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

/** The calls of the life when nothing fails: so many points a sweep has. */
export async function callsOfCalmLife(): Promise<readonly DiskCall[]> {
  const calls: DiskCall[] = []
  const { error } = await liveFailing((call) => void calls.push(call))
  if (error !== undefined) throw error
  return calls
}

/** What goes wrong, and when. */
export interface Failing {
  /** Of the call, from 1. */
  readonly number: number
  /** Undefined for a call that ends well with half of its bytes. */
  readonly code: DiskErrorCode | undefined
  /** Every later call fails, too. */
  readonly isForGood?: boolean
}

/** Fails a call, half of its bytes done, and judges what is left; what must hold besides, `check` says. */
export async function failCall(
  { number, code, isForGood = false }: Failing,
  check: (life: FailingLife, call: DiskCall) => void,
): Promise<void> {
  let failed: DiskCall | undefined
  const life = await liveFailing((call) => {
    if (call.number < number || (call.number > number && !isForGood)) return undefined
    failed ??= call
    const bytes = Math.floor(call.bytes / 2)
    return code === undefined ? { bytes } : { error: code, bytes }
  })
  try {
    if (life.error !== undefined && !isMetrobusError(life.error)) throw life.error
    assert.ok(failed !== undefined, 'there is no such call')
    check(life, failed)
    await judgeWhatIsLeft(life)
  } catch (cause) {
    throw new Error(`${code ?? 'half the bytes'} at call ${number}, ${failed?.name} ${failed?.path}`, { cause })
  }
}

/** After EIO nothing is acknowledged, and what the log is made of does not go on. */
export function assertPoisoned({ acknowledgedPoisoned, error }: FailingLife, { name, path }: DiskCall): void {
  assert.equal(acknowledgedPoisoned, false, 'something was acknowledged after it')
  if (['write', 'sync', 'truncate'].includes(name) && path.endsWith('.seg'))
    assert.ok(error !== undefined, 'it went on')
}

/** After a write that found no room everything goes on. */
export function assertGoesOn({ error, trace }: FailingLife, { name }: DiskCall): void {
  if (name !== 'write') return
  if (error !== undefined) throw error
  assert.ok(
    trace.steps.every(({ acknowledgedAt }) => acknowledgedAt < Infinity),
    'not everything was acknowledged',
  )
}

/** What brings fewer bytes than asked for is asked again. */
export function assertUnmoved({ error }: FailingLife): void {
  if (error !== undefined) throw error
}
