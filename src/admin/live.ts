/** What a map in motion needs of an app, once a second: what it has done, what waits where, and how it is. Looked up once, however many look on. */
import type { BusInspector } from '../bus/bus.ts'
import type { Clock } from '../internal/platform/platform.ts'
import { leftIn } from '../runtime/lag.ts'
import type { RunningApp } from '../runtime/running.ts'
import type { LiveAnswer } from './answers.ts'
import { lagOf } from './positions.ts'
import { roleOf } from './topic-role.ts'

/** Between two looks. */
const everyMs = 1_000

/** The looks at one app. */
export class Live {
  readonly #running: RunningApp
  readonly #clock: Clock
  #newest: Promise<LiveAnswer> | undefined
  #lookedAt = -Infinity

  constructor(running: RunningApp, clock: Clock) {
    this.#running = running
    this.#clock = clock
  }

  /** One answer a second, until the reader has gone. */
  async *answers(signal: AbortSignal): AsyncGenerator<LiveAnswer> {
    while (!signal.aborted) {
      yield await this.now()
      await this.#pause(signal)
    }
  }

  /** The newest look, made anew when it is older than a second. */
  now(): Promise<LiveAnswer> {
    const now = this.#clock.monotonic()
    if (this.#newest === undefined || now - this.#lookedAt >= everyMs) {
      this.#lookedAt = now
      this.#newest = this.#look()
    }
    return this.#newest
  }

  async #look(): Promise<LiveAnswer> {
    const { name, inspector } = this.#running
    const now = this.#clock.now()
    const [lag, dead] = await Promise.all([lagOf(inspector, now), deadIn(inspector, name)])
    return {
      at: new Date(now).toISOString(),
      health: this.#running.health(),
      stats: this.#running.stats(),
      lag: lag
        .filter(({ group }) => group === name)
        .map(({ topic, behind, oldestMs }) => ({ topic, behind, oldestMs })),
      dead,
    }
  }

  #pause(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.timer(everyMs, resolve, { background: true })
      const stop = (): void => {
        timer.cancel()
        resolve()
      }
      signal.addEventListener('abort', stop, { once: true })
    })
  }
}

/** Dead letters that wait for an operator, by stop. */
async function deadIn(inspector: BusInspector, app: string): Promise<LiveAnswer['dead']> {
  const [topics, groups] = await Promise.all([inspector.topics(), inspector.groups()])
  const positions = groups.find(({ group }) => group === app)?.positions ?? []
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
