/** What a test of the adapter stands on: a model of a cluster, and a clock that flows whenever all is at rest. */
import assert from 'node:assert/strict'
import { nodeClock } from '../../../internal/platform/node.ts'
import type { Clock, Platform, Random } from '../../../internal/platform/platform.ts'
import type { Bus } from '../../bus.ts'
import { guarded } from '../../guarded.ts'
import { KafkaBus } from '../kafka-bus.ts'
import { resolveKafkaOptions } from '../options.ts'
import type { KafkaOptions } from '../options.ts'
import { ModelKafka } from './cluster.ts'
import type { ModelWire } from './cluster.ts'

/** A clock that is moved by hand. */
export interface HandClock extends Clock {
  readonly untilNext: number | undefined
  advance(ms: number): Promise<void>
}

export class Stage {
  readonly clock: HandClock
  readonly platform: Platform
  readonly kafka: ModelKafka
  readonly #flow: Promise<void>
  #isOver = false

  /** `random`: of the model. */
  constructor(platform: Platform & { readonly clock: HandClock }, random: Random) {
    this.clock = platform.clock
    this.platform = platform
    this.kafka = new ModelKafka(platform.clock, random)
    this.#flow = this.#flowing()
  }

  /** A bus of a process of its own. */
  bus(options: Partial<KafkaOptions> = {}): Bus {
    return this.process(options).bus
  }

  /** A bus, and its connections to the cluster. */
  process(options: Partial<KafkaOptions> = {}): { readonly bus: Bus; readonly wire: ModelWire } {
    const wire = this.kafka.wire()
    const resolved = resolveKafkaOptions({ brokers: ModelKafka.brokers, ...options })
    return { bus: guarded(new KafkaBus(resolved, () => wire)), wire }
  }

  /** Resolves when it is so, within so much virtual time. */
  async until(isSo: () => boolean, what: string, withinMs = 10_000): Promise<void> {
    const end = this.clock.monotonic() + withinMs
    while (!isSo()) {
      assert.ok(this.clock.monotonic() < end, `in vain: ${what}`)
      await new Promise<void>((resolve) => nodeClock.immediate(resolve))
    }
  }

  async end(): Promise<void> {
    this.#isOver = true
    await this.#flow
  }

  async #flowing(): Promise<void> {
    while (!this.#isOver) await this.clock.advance(Math.min(this.clock.untilNext ?? 1, 5))
  }
}
