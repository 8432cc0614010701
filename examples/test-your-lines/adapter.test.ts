/** A bus from outside shows that it keeps the promises of the port. This one counts the units that it settles; a real one would translate to its engine. */
import { test } from 'node:test'
import { resolveCapabilities } from '../../src/bus/index.ts'
import type { Bus, Capabilities, Member, MemberListener, Subscription, TopicSpec } from '../../src/bus/index.ts'
import { SeededRandom, SimDisk, VirtualClock, memory, plannedCases } from '../../src/testing/index.ts'
import type { BusFixture, Platform } from '../../src/testing/index.ts'

class CountingBus implements Bus {
  readonly name = 'counting'
  readonly #inner = memory()
  readonly capabilities: Capabilities = this.#inner.capabilities
  readonly inspector = this.#inner.inspector
  settled = 0

  open(platform: Platform): Promise<void> {
    return this.#inner.open(platform)
  }

  ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    return this.#inner.ensureTopics(topics)
  }

  async join(group: string, subscriptions: readonly Subscription[], listener: MemberListener): Promise<Member> {
    const member = await this.#inner.join(group, subscriptions, listener)
    return {
      poll: (...request) => member.poll(...request),
      rewind: (...place) => member.rewind(...place),
      settle: (unit) => (this.settled++, member.settle(unit)),
      load: (...table) => member.load(...table),
      leave: () => member.leave(),
    }
  }

  partitions(topic: string): number {
    return this.#inner.partitions(topic)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}

async function fixture(): Promise<BusFixture> {
  const clock = new VirtualClock()
  return {
    platform: { clock, random: new SeededRandom(1), disk: new SimDisk() },
    make: () => new CountingBus(),
    async until(isSo, what) {
      for (let waited = 0; !isSo(); waited += 5) {
        if (waited > 10_000) throw new Error(`in vain: ${what}`)
        await clock.advance(5)
      }
    },
    async end() {},
  }
}

const abilities = {
  ...resolveCapabilities(new CountingBus().capabilities),
  membersMax: Infinity,
  answersUnknown: false,
  canBePressed: false,
}

const isNeverShort = 'its fixture cannot make it short of space'
const leftOut = {
  'a bus opened again has every record, position and row': 'nothing outlives the process',
  'a unit whose answer is unknown and that happened, happens once': 'its answers are never lost',
  'a unit whose answer is unknown and that did not happen, happens once': 'its answers are never lost',
  'entries wait while the bus is short of space, and settling goes on': isNeverShort,
  'what is handed over while entries should wait voids nothing, and nothing overtakes it': isNeverShort,
}

for (const { name, run } of plannedCases({ abilities, fixture, leftOut })) test(`counting: ${name}`, run)
