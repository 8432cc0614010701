/**
 * The bus before it is opened. The client is a package that only those install who use Kafka, and it wants a newer Node than the rest: both are found
 * out when the bus is opened, in a sentence, and not when something is imported.
 */
import { MetrobusError } from '../../errors/index.ts'
import type { Platform } from '../../internal/platform/platform.ts'
import type { Bus, BusInspector, Member, MemberListener, Subscription, TopicSpec } from '../bus.ts'
import type { Capabilities } from '../capabilities.ts'

const client = '@platformatic/kafka'

/** Minor versions of Node from which the client runs, by major version; it runs on every later major. */
const minorMin: ReadonlyMap<number, number> = new Map([
  [22, 22],
  [24, 6],
])

/** A bus whose code is loaded when it is opened. Nothing but `open` may be called before: `guarded` sees to that. */
export class BusOnDemand implements Bus {
  readonly name = 'kafka'
  readonly capabilities: Capabilities
  readonly #load: () => Promise<Bus>
  readonly #nodeVersion: string
  #bus: Bus | undefined

  constructor(capabilities: Capabilities, load: () => Promise<Bus>, nodeVersion: string = process.versions.node) {
    this.capabilities = capabilities
    this.#load = load
    this.#nodeVersion = nodeVersion
  }

  /** Rejects with MB_KAFKA_OLD_NODE, MB_KAFKA_NO_CLIENT, and as the bus does. */
  async open(platform: Platform): Promise<void> {
    checkNode(this.#nodeVersion)
    this.#bus = await this.#load().catch((error: unknown) => {
      throw isMissing(error) ? new MetrobusError('MB_KAFKA_NO_CLIENT', { client }, { cause: error }) : error
    })
    await this.#bus.open(platform)
  }

  ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    return this.#opened.ensureTopics(topics)
  }

  join(group: string, subscriptions: readonly Subscription[], listener: MemberListener): Promise<Member> {
    return this.#opened.join(group, subscriptions, listener)
  }

  partitions(topic: string): number {
    return this.#opened.partitions(topic)
  }

  readonly inspector: BusInspector = {
    topics: (...wanted) => this.#opened.inspector.topics(...wanted),
    groups: (...wanted) => this.#opened.inspector.groups(...wanted),
    read: (...words) => this.#opened.inspector.read(...words),
    offsetAt: (...words) => this.#opened.inspector.offsetAt(...words),
    ride: (ride) => this.#opened.inspector.ride(ride),
    seek: (...words) => this.#opened.inspector.seek(...words),
    rows: (...words) => this.#opened.inspector.rows(...words),
  }

  async close(): Promise<void> {
    await this.#bus?.close()
  }

  get #opened(): Bus {
    if (this.#bus === undefined)
      throw new MetrobusError('MB_BUS_NOT_OPEN', { bus: this.name, call: 'this', state: 'not open' })
    return this.#bus
  }
}

function checkNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isNewEnough = major > Math.max(...minorMin.keys()) || minor >= (minorMin.get(major) ?? Infinity)
  if (!isNewEnough) throw new MetrobusError('MB_KAFKA_OLD_NODE', { version })
}

/** Another module that is missing is a fault of its own. */
const isMissing = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  error.code === 'ERR_MODULE_NOT_FOUND' &&
  error.message.includes(`'${client}'`)
