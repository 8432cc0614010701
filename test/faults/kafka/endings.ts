/** Counts the rides that have ended, as they do: what the app has put into its topic of endings, committed. */
import type { Bus } from '../../../src/bus/bus.ts'
import { nodePlatform } from '../../../src/internal/platform/node.ts'
import { busOf } from '../../kafka/programs/tally.ts'
import { brokers } from '../../kafka/stage.ts'

const topic = 'tally.ended'
const recordsMax = 10_000

export class Endings {
  readonly #bus: Bus
  /** Where to go on, by partition. */
  readonly #next: number[] = []
  readonly #rides = new Set<string>()

  constructor(prefix: string) {
    this.#bus = busOf(brokers.bootstrap, prefix)
  }

  /** When the app has made the topic. */
  async open(): Promise<void> {
    await this.#bus.open(nodePlatform)
    await this.#bus.ensureTopics([{ name: topic }])
    this.#next.push(...Array.from({ length: this.#bus.partitions(topic) }, () => 0))
  }

  async count(): Promise<number> {
    for (const [partition, from] of this.#next.entries()) {
      const records = await this.#bus.inspector.read(topic, partition, from, recordsMax)
      for (const { ride } of records) this.#rides.add(ride)
      this.#next[partition] = (records.at(-1)?.offset ?? from - 1) + 1
    }
    return this.#rides.size
  }

  async close(): Promise<void> {
    if (this.#next.length > 0) await this.#bus.close()
  }
}
