/** What seeds have reached, and what they have not: operations, answers, states and error codes. A blind spot of the simulation is a line of its report. */
import { catalogue } from '../../../src/errors/catalogue.ts'
import type { CommitUnit } from '../../../src/event/unit.ts'
import { appsOf } from './program.ts'
import type { Program } from './program.ts'

/** What there is to be reached; the codes are those of the catalogue. */
const all: Readonly<Record<string, readonly string[]>> = {
  disk: [
    'open',
    'create',
    'read',
    'write',
    'sync',
    'truncate',
    'size',
    'close',
    'rename',
    'unlink',
    'mkdir',
    'list',
    'exists',
    'syncFolder',
    'freeBytes',
    'lock',
    'lockNote',
    'timer',
  ],
  fault: [
    'write EIO',
    'write ENOSPC',
    'sync EIO',
    'read EIO',
    'read short',
    'create EIO',
    'create ENOSPC',
    'open EIO',
    'syncFolder EIO',
    'truncate EIO',
    'rename EIO',
    'write slow',
    'sync slow',
  ],
  bus: ['poll', 'rewind', 'assigned', 'revoked'],
  settled: ['committed', 'refused', 'unknown'],
  outcome: [
    'forward',
    'drop',
    'split',
    'reroute',
    'push',
    'pop',
    'dead',
    'kill',
    'retry',
    'throw',
    'mistake',
    'late',
    'stuck',
  ],
  step: [
    'send',
    'send-bad',
    'send-again',
    'advance',
    'restart',
    'replay',
    'discard',
    'jump',
    'kill-in',
    'crash',
    'fault',
    'space',
    'join',
    'leave',
    'die',
    'cut-off',
    'settles',
    'burst',
    'deploy',
    'inspect',
    'intrude',
  ],
  state: [
    'parked',
    'moved',
    'came back',
    'held',
    'dead letter',
    'replayed',
    'ran carefully',
    'ran alone',
    'undrained',
    'pressed',
    'failed',
    'refused to lose events',
    'caught up',
  ],
  route: [
    'line',
    'map-rules',
    'map-choose',
    'conductor-rules',
    'conductor-choose',
    'hard-wired',
    'switch',
    'topic',
    'emit',
    're-key',
    'batch',
    'limit',
    'rate',
    'store',
    'shared store',
    'circle',
    'several apps',
    'topic read by two apps',
    'signed',
    'removed',
  ],
  death: ['killed', 'power'],
  code: Object.keys(catalogue),
}

export class Coverage {
  readonly #reached = new Map<string, number>()

  add(kind: string, what: string, count = 1): void {
    const name = `${kind}: ${what}`
    this.#reached.set(name, (this.#reached.get(name) ?? 0) + count)
  }

  program(program: Program): void {
    const { blocks, isSigned } = program
    if (isSigned) this.add('route', 'signed')
    if (appsOf(program).length > 1) this.add('route', 'several apps')
    const topics = blocks.flatMap(({ from }) => from ?? [])
    if (new Set(topics).size < topics.length) this.add('route', 'topic read by two apps')
    for (const { route, from, stops, isCircle, isRemoved } of blocks) {
      this.add('route', route)
      if (isCircle) this.add('route', 'circle')
      if (isRemoved) this.add('route', 'removed')
      if (from !== undefined) this.add('route', 'topic')
      if (stops.filter(({ counts }) => counts !== undefined).length > 1) this.add('route', 'shared store')
      for (const { isSwitch, emits, isRekeying, batch, limit, counts } of stops) {
        if (isSwitch) this.add('route', 'switch')
        if (emits.length > 0) this.add('route', 'emit')
        if (isRekeying) this.add('route', 're-key')
        if (batch !== undefined) this.add('route', 'batch')
        if (counts !== undefined) this.add('route', 'store')
        if (limit !== undefined) this.add('route', 'limit' in limit ? 'limit' : 'rate')
      }
    }
  }

  /** What a unit tells of the runtime's states. */
  unit({ outputs, acknowledgements, changes }: CommitUnit): void {
    if (changes.some(({ store, value }) => store.startsWith('park/') && value !== null)) this.add('state', 'parked')
    if (changes.some(({ value }) => value?.includes('"isHeld":true') === true)) this.add('state', 'held')
    for (const { store, value } of changes) {
      if (!store.startsWith('open/')) continue
      if (value?.includes('"reach"') === true) this.add('state', 'ran carefully')
      if (value?.includes('"alone"') === true) this.add('state', 'ran alone')
    }
    if (outputs.some(({ topic }) => topic.endsWith('.parked'))) this.add('state', 'moved')
    if (outputs.some(({ topic }) => topic.endsWith('.dlq'))) this.add('state', 'dead letter')
    if (acknowledgements.some(({ topic, watermark }) => topic.endsWith('.parked') && watermark > 0))
      this.add('state', 'came back')
    if (outputs.some(({ records }) => records.some(({ replay }) => replay > 0))) this.add('state', 'replayed')
  }

  merge(other: Coverage): void {
    for (const [name, count] of other.#reached) this.#reached.set(name, (this.#reached.get(name) ?? 0) + count)
  }

  /** What was reached, with how often, by name. */
  get reached(): readonly (readonly [string, number])[] {
    return [...this.#reached].toSorted(([one], [other]) => (one < other ? -1 : 1))
  }

  /** What no seed has reached. */
  get missed(): readonly string[] {
    return Object.entries(all).flatMap(([kind, names]) =>
      names.map((name) => `${kind}: ${name}`).filter((name) => !this.#reached.has(name)),
    )
  }
}
