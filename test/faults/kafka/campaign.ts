/**
 * Instances of one app on real brokers, what befalls both, and whether every event that was acknowledged happened once and in the order of its key. The judges are outside of the app: a reader of
 * ours that counts while it goes on, and in the end Java's console consumer, reading what is committed.
 */
import { Cluster } from '../../../src/bus/kafka/driver/cluster.ts'
import { SocketWire } from '../../../src/bus/kafka/driver/socket-wire.ts'
import { nodeClock as clock } from '../../../src/internal/platform/node.ts'
import { brokers, fresh, linesByJava, plain } from '../../kafka/stage.ts'
import { Child, until } from '../real/child.ts'
import type { Case, RowContext } from '../row.ts'
import { Endings } from './endings.ts'

export { brokers }

const keys = Array.from({ length: 32 }, (_, index) => `key-${index}`)
/** Whoever makes no progress for so long after a fault hangs. */
const progressMsMax = 60_000
/** What is sent is done by then. */
const doneMsMax = 120_000

/** How the app is used. */
export interface Pace {
  /** Between two rounds of events, one for each key. */
  readonly everyMs: number
  /** So many times 0 to 4 ms does its stop in the middle dwell on an event. */
  readonly dwellTimes: number
}

export class Campaign {
  readonly cluster: Cluster
  readonly prefix: string
  readonly #pace: Pace
  readonly #wire: SocketWire
  readonly #endings: Endings
  readonly #instances: Child[] = []
  readonly #acknowledged = new Set<string>()
  #lastAt = 0
  /** The longest time between two acknowledgements. */
  #gapMs = 0

  private constructor(item: Case, pace: Pace) {
    this.#pace = pace
    this.prefix = `${fresh(`faults-${item.number}`)}-`
    this.#wire = new SocketWire({ clientId: 'faults', clock })
    this.cluster = new Cluster({ bootstrap: plain, wire: this.#wire, clock })
    this.#endings = new Endings(this.prefix)
  }

  /** One that sends and rides, and one that only rides. `disturb` does what is to be done to them. */
  static async run(
    item: Case,
    context: RowContext,
    pace: Pace,
    disturb: (campaign: Campaign) => Promise<void>,
  ): Promise<void> {
    const campaign = new Campaign(item, pace)
    try {
      await campaign.cluster.open()
      await campaign.begin(keys)
      await campaign.begin([])
      await campaign.#endings.open()
      await campaign.progress(500)
      await disturb(campaign)
      await campaign.#judge(context)
    } finally {
      for (const instance of campaign.#instances) instance.kill()
      await campaign.#endings.close()
      await campaign.#wire.close()
    }
  }

  /** An instance more. */
  async begin(keysOfIt: readonly string[]): Promise<Child> {
    const life = { prefix: this.prefix, brokers: brokers.bootstrap, keys: keysOfIt, ...this.#pace }
    const instance = new Child({ program: 'kafka-app', life, onLine: (line) => this.#hear(line) })
    this.#instances.push(instance)
    await instance.line('begun')
    return instance
  }

  get instances(): readonly Child[] {
    return this.#instances
  }

  /** Resolves when so many events more have been acknowledged, and have ended. */
  async progress(events: number): Promise<void> {
    const [acknowledged, ended] = [this.#acknowledged.size + events, (await this.#endings.count()) + events]
    const isThere = async (): Promise<boolean> => {
      const dead = this.#instances.find(({ isOver }) => isOver)
      if (dead !== undefined) throw new Error(`An instance has ended by itself:\n${dead.errors}`)
      return this.#acknowledged.size >= acknowledged && (await this.#endings.count()) >= ended
    }
    await until(`${events} events more`, isThere, progressMsMax)
  }

  #hear(line: string): void {
    const [word, key, number] = line.split(' ')
    if (word !== 'ack') return
    this.#acknowledged.add(`${key}.${number}`)
    const now = performance.now()
    if (this.#lastAt > 0) this.#gapMs = Math.max(this.#gapMs, now - this.#lastAt)
    this.#lastAt = now
  }

  async #judge(context: RowContext): Promise<void> {
    const [sender] = this.#instances
    sender!.kill('SIGUSR2')
    const rounds = Number((await sender!.line('sent ')).split(' ')[1])
    const wanted = rounds * keys.length
    if (this.#acknowledged.size !== wanted) throw new Error(`${this.#acknowledged.size} of ${wanted} were acknowledged`)
    await until(`all ${wanted} to end`, async () => (await this.#endings.count()) >= wanted, doneMsMax)
    for (const instance of this.#instances) {
      instance.kill('SIGTERM')
      const { code, signal, errors } = await instance.end()
      if (code !== 0) throw new Error(`An instance ended with ${signal ?? code}:\n${errors}`)
    }
    await this.#judgeByJava(wanted, rounds)
    context.count('events', wanted)
    context.note(`longest gap between two acknowledgements ${Math.round(this.#gapMs)} ms`)
  }

  async #judgeByJava(wanted: number, rounds: number): Promise<void> {
    const ended = new Map<string, number>()
    for (const line of await linesByJava(`${this.prefix}tally.ended`, ['headers'], wanted)) {
      const ride = /ce_id:([^,~\t]+)/.exec(line)?.[1] ?? line
      ended.set(ride, (ended.get(ride) ?? 0) + 1)
    }
    const lost = [...this.#acknowledged].filter((ride) => !ended.has(ride))
    const doubled = [...ended].filter(([, times]) => times > 1)
    const unknown = [...ended.keys()].filter((ride) => !this.#acknowledged.has(ride))
    if (lost.length + doubled.length + unknown.length > 0)
      throw new Error(
        `Java reads ${lost.length} lost, ${doubled.length} doubled and ${unknown.length} that nobody sent: ${[...lost, ...doubled.map(([ride]) => ride), ...unknown].slice(0, 5).join(', ')}`,
      )
    const rows = new Map<string, string>()
    for (const line of await linesByJava(`${this.prefix}tally.counts.changelog`, ['key'], keys.length)) {
      const [key = '', row = ''] = line.split('\t')
      rows.set(key, row)
    }
    const right = JSON.stringify({ count: rounds, last: rounds, broken: 0 })
    const wrong = keys.filter((key) => rows.get(key) !== right)
    if (wrong.length > 0) throw new Error(`Java reads ${wrong[0]} as ${rows.get(wrong[0]!)} and not ${right}`)
  }
}
