/**
 * The states of a group member, and every way from one to another. The group's coordinator decides who owns what; a member gives up
 * before it takes, and says so by its next heartbeat.
 *
 * | state       | event     | then        | what is done                                                          |
 * | ----------- | --------- | ----------- | --------------------------------------------------------------------- |
 * | idle        | join      | joining     | a heartbeat of epoch 0 that says everything                           |
 * | joining     | accepted  | stable      | the epoch is taken over                                               |
 * | stable      | accepted  | stable      | the same                                                              |
 * | stable      | target    | revoking    | what is no longer the member's is given up, which may take its time   |
 * | revoking    | accepted  | revoking    | heartbeats go on; a newer target is kept for later                    |
 * | revoking    | revoked   | stable      | what is new is taken; a heartbeat at once says what is owned          |
 * | any of them | fenced    | joining     | everything is lost; a heartbeat of epoch 0                            |
 * | idle or any | leave     | leaving     | a heartbeat of epoch -1, or -2 to come back                           |
 * | leaving     | left      | left        | nothing more, also when the coordinator did not answer                |
 * | any         | refused   | failed      | the listener is told                                                  |
 */
import { MetrobusError } from '../../../errors/index.ts'

export type MemberState = 'idle' | 'joining' | 'stable' | 'revoking' | 'leaving' | 'left' | 'failed'

export type MemberEvent = 'join' | 'accepted' | 'target' | 'revoked' | 'fenced' | 'leave' | 'left' | 'refused'

type Ways = Partial<Record<MemberEvent, MemberState>>

const always: Ways = { fenced: 'joining', leave: 'leaving', refused: 'failed' }

export const memberTransitions: Readonly<Record<MemberState, Ways>> = {
  idle: { join: 'joining', leave: 'leaving' },
  joining: { ...always, accepted: 'stable' },
  stable: { ...always, accepted: 'stable', target: 'revoking' },
  revoking: { ...always, accepted: 'revoking', revoked: 'stable' },
  leaving: { left: 'left' },
  left: {},
  failed: {},
}

/** The state behind an event. Throws MB_BUS_FAILED where there is no such way, which is a fault of the driver. */
export function memberAfter(state: MemberState, event: MemberEvent): MemberState {
  const next = memberTransitions[state][event]
  if (next === undefined)
    throw new MetrobusError('MB_BUS_FAILED', { reason: `a group member that is ${state} was told "${event}"` })
  return next
}
