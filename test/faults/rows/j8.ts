/**
 * J8. Every error that a disk may give, at every call of a short life of a journal: it fails loudly or goes on, and loses nothing. Once for that call alone, and once
 * for it and all that follow, as after a remount read-only or when the folder is gone. Simulated here; row `J8-REAL` has the real ones.
 */
import type { DiskCall, DiskErrorCode } from '../../../src/testing/index.ts'
import {
  assertGoesOn,
  assertPoisoned,
  assertUnmoved,
  callsOfCalmLife,
  failCall,
} from '../../simulation/failing-life.ts'
import type { Failing } from '../../simulation/failing-life.ts'
import { eachCase } from '../row.ts'
import type { Case, Row } from '../row.ts'

interface Point {
  readonly failing: Failing
  readonly check: Parameters<typeof failCall>[1]
}

const anything = (): void => undefined
const checks: { readonly [code in DiskErrorCode]?: Point['check'] } = {
  EIO: assertPoisoned,
  ENOSPC: assertGoesOn,
  EDQUOT: assertGoesOn,
  EROFS: anything,
  EACCES: anything,
  EMFILE: anything,
  EINTR: anything,
}
const forGood = ['EIO', 'EROFS', 'EACCES', 'ENOENT'] as const

export const row: Row = {
  id: 'J8',
  title: 'each error at each call of the disk, once and for good: loud, or it goes on; nothing is lost',
  tiers: 'PN',
  isDivisible: true,
  async run(context) {
    const points = pointsOf(await callsOfCalmLife())
    // In tier P every call fails with EIO and with ENOSPC, and of the rarer errors a third.
    const isSampled = (number: number): boolean => isCommon(points[number]!.failing) || number % 3 === 0
    const isWhole = context.tier === 'N' || context.cases < Infinity
    const one = ({ number }: Case): Promise<void> => failCall(points[number]!.failing, points[number]!.check)
    await eachCase(context, one, points.length, isWhole ? undefined : isSampled)
  },
}

const isCommon = ({ code, isForGood }: Failing): boolean => (code === 'EIO' || code === 'ENOSPC') && isForGood !== true

function pointsOf(calls: readonly DiskCall[]): readonly Point[] {
  const once = Object.entries(checks).flatMap(([code, check]) =>
    calls.map(({ number }) => ({ failing: { number, code: code as DiskErrorCode }, check })),
  )
  const lasting = forGood.flatMap((code) =>
    calls.map(({ number }) => ({ failing: { number, code, isForGood: true }, check: anything })),
  )
  const short = calls
    .filter(({ name }) => name === 'read')
    .map(({ number }) => ({ failing: { number, code: undefined }, check: assertUnmoved }))
  return [...once, ...lasting, ...short]
}
