/** What happens to a program while it runs: sends, waits, faults, deaths and an operator's doings, as plain data drawn from a seed, so that steps can be left out. */
import { SeededRandom } from '../../../src/testing/index.ts'
import type { DiskCallName, DiskErrorCode } from '../../../src/testing/index.ts'
import type { Item } from './behaviour.ts'
import type { Sent } from './expectation.ts'
import type { Program } from './program.ts'

export type WorldKind = 'machine' | 'cluster'

export type Step =
  | { readonly kind: 'send'; readonly entry: string; readonly id: string; readonly data: Item; readonly waits: boolean }
  | {
      /** So many events in one turn, `e<first>` and on; what is in them follows from the seed. */
      readonly kind: 'burst'
      readonly entry: string
      readonly first: number
      readonly count: number
      readonly keys: number
      readonly seed: number
      readonly waits: boolean
    }
  | { readonly kind: 'send-bad'; readonly entry: string }
  | { readonly kind: 'send-again'; readonly of: number }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'restart'; readonly deadlineMs: number }
  | { readonly kind: 'replay' | 'discard'; readonly rate: number | undefined }
  | { readonly kind: 'jump'; readonly ms: number }
  // a wide program
  | { readonly kind: 'deploy'; readonly discards: boolean; readonly deadlineMs: number }
  | { readonly kind: 'inspect' | 'intrude' }
  // a machine
  | { readonly kind: 'kill-in'; readonly calls: number; readonly isPower: boolean }
  | { readonly kind: 'crash'; readonly isPower: boolean }
  | {
      readonly kind: 'fault'
      readonly call: DiskCallName
      readonly after: number
      readonly error?: DiskErrorCode
      readonly delayMs?: number
      readonly bytes?: number
    }
  | { readonly kind: 'space'; readonly spareBytes: number; readonly ms: number }
  // a cluster
  | { readonly kind: 'join' }
  | { readonly kind: 'leave' | 'die'; readonly who: number }
  | { readonly kind: 'cut-off'; readonly who: number; readonly ms: number }
  | { readonly kind: 'settles'; readonly unknown: number; readonly refused: number; readonly slow: number }

/**
 * How much happens. `small`: some tens of events, so that thousands of programs are quick. `large`: some hundred that are sent and a thousand and more that are handled, so that
 * bounds are met, keys leave memory, and segments are filled and cleaned.
 */
export type Size = 'small' | 'large'

/** Events of a burst at most. */
const burstMax = 40

/** Draws what happens. Most programs have a hard life, the others an easy one in which little may go wrong. */
export function drawSchedule(program: Program, world: WorldKind, size: Size = 'small'): readonly Step[] {
  const random = new SeededRandom(program.seed ^ 0x5eed)
  const isHard = random.chance(0.7)
  const count = random.between(20, 60)
  const bursts = size === 'large' ? new SeededRandom(program.seed ^ 0xb0b5) : undefined
  const keys = bursts?.pick([4, 12, 40]) ?? 4
  const entries = program.blocks.filter(({ from }) => from === undefined).map(({ entry }) => entry)
  const steps: Step[] = []
  let sent = 0
  for (let index = 0; index < count; index++) {
    if (random.chance(0.62)) {
      const one = drawSend(random, entries, sent)
      const count = bursts?.between(1, burstMax) ?? 1
      steps.push(bursts === undefined ? one : burstOf(one, { first: sent, count, keys, seed: bursts.below(2 ** 32) }))
      sent += count
    } else if (random.chance(0.6) || !isHard) steps.push({ kind: 'advance', ms: random.pick([1, 10, 50, 300, 3_000]) })
    else steps.push(world === 'machine' ? drawMachineFault(random) : drawClusterFault(random))
    if (random.chance(0.04))
      steps.push({ kind: random.chance(0.7) ? 'replay' : 'discard', rate: random.pick([undefined, 100]) })
    if (random.chance(0.02)) steps.push({ kind: 'send-bad', entry: random.pick(entries) })
    if (random.chance(0.04) && sent > 0) steps.push({ kind: 'send-again', of: random.below(sent) })
  }
  return program.isWide ? withWideSteps(steps, program.seed) : steps
}

/** Puts what happens only to wide programs between the other steps. */
function withWideSteps(steps: readonly Step[], seed: number): readonly Step[] {
  const random = new SeededRandom(seed ^ 0xdeb107)
  const wide: readonly Step[] = [
    ...(random.chance(0.5) ? [{ kind: 'deploy', discards: false, deadlineMs: random.pick([0, 10_000]) } as const] : []),
    { kind: 'deploy', discards: random.chance(0.5), deadlineMs: random.pick([0, 100, 10_000]) },
    { kind: 'inspect' },
    { kind: 'intrude' },
  ]
  const places = wide.map(() => random.below(steps.length + 1)).toSorted((one, other) => one - other)
  return [
    ...steps.flatMap((step, index) => [...wide.filter((_, at) => places[at] === index), step]),
    ...wide.filter((_, at) => places[at] === steps.length),
  ]
}

type Send = Extract<Step, { readonly kind: 'send' }>
type Burst = Extract<Step, { readonly kind: 'burst' }>

function drawSend(random: SeededRandom, entries: readonly string[], number: number): Send {
  const data = drawItem(random, 4)
  return { kind: 'send', entry: random.pick(entries), id: `e${number}`, data, waits: random.chance(0.5) }
}

const drawItem = (random: SeededRandom, keys: number): Item => ({
  key: random.chance(0.1) ? null : `k${random.below(keys)}`,
  other: `o${random.below(4)}`,
  v: random.below(1000),
  ...(random.chance(0.03) ? { pad: 'x'.repeat(random.below(40_000)) } : {}),
})

const burstOf = ({ entry, waits }: Send, burst: Pick<Burst, 'first' | 'count' | 'keys' | 'seed'>): Burst => ({
  kind: 'burst',
  entry,
  waits,
  ...burst,
})

/** The events of a burst. */
export function eventsOf({ entry, first, count, keys, seed }: Burst): readonly Sent[] {
  const random = new SeededRandom(seed)
  return Array.from({ length: count }, (_, index) => ({ entry, id: `e${first + index}`, data: drawItem(random, keys) }))
}

function drawMachineFault(random: SeededRandom): Step {
  const share = random.next()
  const isPower = random.chance(0.6)
  if (share < 0.45) return { kind: 'kill-in', calls: random.between(1, 40), isPower }
  if (share < 0.55) return { kind: 'crash', isPower }
  if (share < 0.7) return { kind: 'restart', deadlineMs: random.pick([0, 100, 10_000]) }
  if (share < 0.75) return { kind: 'jump', ms: random.pick([-3_600_000, -1_000, 1_000, 3_600_000]) }
  if (share < 0.85) return { kind: 'space', spareBytes: random.below(4_000), ms: random.pick([100, 1_000, 6_000]) }
  const call = random.pick<DiskCallName>([
    'write',
    'sync',
    'read',
    'create',
    'open',
    'syncFolder',
    'truncate',
    'rename',
  ])
  const after = random.between(0, 8)
  if (random.chance(0.3)) return { kind: 'fault', call, after, delayMs: random.pick([20, 200, 5_000]) }
  if (call === 'read' && random.chance(0.5)) return { kind: 'fault', call, after, bytes: random.below(64) }
  return {
    kind: 'fault',
    call,
    after,
    error: random.pick<DiskErrorCode>(['EIO', 'EIO', 'ENOSPC']),
    bytes: random.below(200),
  }
}

function drawClusterFault(random: SeededRandom): Step {
  const who = random.below(3)
  const share = random.next()
  if (share < 0.2) return { kind: 'join' }
  if (share < 0.35) return { kind: 'leave', who }
  if (share < 0.55) return { kind: 'die', who }
  if (share < 0.8) return { kind: 'cut-off', who, ms: random.pick([500, 3_000, 15_000]) }
  return {
    kind: 'settles',
    unknown: random.pick([0, 0, 50]),
    refused: random.pick([0, 0, 50]),
    slow: random.pick([0, 300]),
  }
}
