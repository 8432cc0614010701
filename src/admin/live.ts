/** What a map in motion needs of an app, once a second: what it has done, what waits where, and how it is. Looked up once, however many look on. */
import type { Clock } from '../internal/platform/platform.ts'
import { leftIn } from '../runtime/lag.ts'
import type { RunningApp } from '../runtime/running.ts'
import type { LiveAnswer } from './answers.ts'
import { pause } from './pause.ts'
import { lagOf, standingOf } from './positions.ts'
import type { Standing } from './positions.ts'
import { roleOf } from './topic-role.ts'

/** Between two looks. */
const everyMs = 1_000

/** The looks at one app. */
export class Live {
  readonly #running: RunningApp
  readonly #clock: Clock
  #newest: Promise<LiveAnswer> | undefined
  /** Infinity while a look is on its way: it is the newest, however long it takes. */
  #lookedAt = Infinity

  constructor(running: RunningApp, clock: Clock) {
    this.#running = running
    this.#clock = clock
  }

  /** Each look once, a second or more after the one before, until the reader has gone. */
  async *answers(signal: AbortSignal): AsyncGenerator<LiveAnswer> {
    let told: Promise<LiveAnswer> | undefined
    while (!signal.aborted) {
      const newest = this.now()
      if (newest !== told) yield await newest
      told = newest
      // All that look on wait for the same moment. A timer may be early by a little: the same look again would say that nothing goes on.
      if (newest === this.#newest)
        await pause(this.#clock, Math.max(1, this.#lookedAt + everyMs - this.#clock.monotonic()), signal)
    }
  }

  /** The newest look, made anew when a second has passed since. */
  now(): Promise<LiveAnswer> {
    if (this.#newest === undefined || this.#clock.monotonic() - this.#lookedAt >= everyMs) {
      this.#lookedAt = Infinity
      this.#newest = this.#look().finally(() => (this.#lookedAt = this.#clock.monotonic()))
    }
    return this.#newest
  }

  async #look(): Promise<LiveAnswer> {
    const { name, inspector } = this.#running
    const now = this.#clock.now()
    const { topics, groups } = await standingOf(inspector)
    // Of this app alone: lag reads a record of each partition that is behind.
    const own = { topics, groups: groups.filter(({ group }) => group === name) }
    const lag = await lagOf(inspector, now, own)
    return {
      at: new Date(now).toISOString(),
      health: this.#running.health(),
      stats: this.#running.stats(),
      lag: lag.map(({ topic, behind, oldestMs }) => ({ topic, behind, oldestMs })),
      dead: deadIn(own, name),
    }
  }
}

/** Dead letters that wait for an operator, by stop: of the one group of the standing. */
function deadIn({ topics, groups }: Standing, app: string): LiveAnswer['dead'] {
  const positions = groups[0]?.positions ?? []
  return topics.flatMap(({ topic, partitions }) => {
    const role = roleOf(topic)
    if (role.kind !== 'dead' || role.app !== app || role.stop === undefined) return []
    const waiting = partitions.reduce((sum, place) => {
      const known = positions.find((one) => one.topic === topic && one.partition === place.partition)
      return sum + leftIn(known ?? { watermark: place.begin, above: [] }, place)
    }, 0)
    return waiting === 0 ? [] : [{ stop: role.stop, waiting }]
  })
}
