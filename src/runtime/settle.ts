/** Settles what is the runtime's own, outside the outbox: at the start and the end of an app, when no lane is open. */
import type { Member } from '../bus/bus.ts'
import type { CommitUnit, StateChange } from '../event/unit.ts'
import type { Clock } from '../internal/platform/platform.ts'

/** Between tries while the bus takes no entries. */
const againMs = 50

/** Writes rows for sure. */
export async function settleRows(member: Member, clock: Clock, changes: readonly StateChange[]): Promise<void> {
  if (changes.length > 0) await settleUnit(member, clock, { outputs: [], acknowledgements: [], changes })
}

/** Settles a unit for sure: again after `unknown`, as the same unit, and later after `refused`. */
export async function settleUnit(member: Member, clock: Clock, unit: CommitUnit): Promise<void> {
  for (;;) {
    const settled = await member.settle(unit)
    if (settled === 'committed') return
    if (settled === 'refused') await new Promise<void>((resolve) => clock.timer(againMs, resolve))
  }
}
