/**
 * What a new owner of partitions asks before they are told as its own: where their group is in everything of these numbers, with the tables restored in between.
 *
 * That a group has begun in a partition stands in its tables too, which do not expire: a coordinator forgets positions when none of the group has run for long, and who then began
 * anew would handle everything again, or pass over what came meanwhile.
 */
import { MetrobusError } from '../../errors/index.ts'
import type { StateChange } from '../../event/unit.ts'
import type { Assignment, Subscription, TopicPartition } from '../bus.ts'
import type { GroupMembership, Position } from './driver/codec/txn-offset-commit.ts'
import type { GroupMember } from './driver/group-member.ts'
import type { GroupOffsets } from './driver/group-offsets.ts'
import type { LogOffsets } from './driver/log-offsets.ts'
import { lookingMs } from './log-scan.ts'
import type { Names } from './names.ts'
import { decodeAbove, encodeText } from './positions.ts'
import { aboveOf, aboveStore } from './settler.ts'
import type { StateTables } from './state-tables.ts'

export interface TakeoverOptions {
  readonly groupOffsets: GroupOffsets
  readonly logOffsets: LogOffsets
  readonly tables: StateTables
  readonly names: Names
  readonly subscriptions: readonly Subscription[]
  readonly partitions: (topic: string) => number
  /** Of the group. */
  readonly name: string
  readonly member: Pick<GroupMember, 'membership' | 'confirm'>
}

/** The partitions of one number that are taken over. */
export interface Taken {
  readonly number: number
  /** They were taken away again. */
  isGone: boolean
}

export interface TakenOver {
  readonly assignments: readonly Assignment[]
  /** To be settled before anything is acknowledged. */
  readonly rows: readonly StateChange[]
}

/** The table of where a group has begun, by topic. */
const begunStore = 'begun'

export class Takeover {
  readonly #options: TakeoverOptions

  constructor(options: TakeoverOptions) {
    this.#options = options
  }

  placesOf({ number }: Taken): TopicPartition[] {
    const { subscriptions, partitions } = this.#options
    return subscriptions
      .filter(({ topic }) => number < partitions(topic))
      .map(({ topic }) => ({ topic, partition: number }))
  }

  /** Undefined when the coordinator knows the member otherwise. Rejects with MB_KAFKA_POSITIONS_GONE, and as the cluster does. */
  async take(shares: readonly Taken[]): Promise<TakenOver | undefined> {
    const { groupOffsets, tables, names, member } = this.#options
    const isOwned = (number: number): boolean => shares.some((share) => share.number === number && !share.isGone)
    const places = shares.flatMap((share) => this.placesOf(share))
    const outside = places.map(({ topic, partition }) => ({ topic: names.outside(topic), partition }))
    const { membership } = member
    const fetched = await groupOffsets.fetch(membership, outside, lookingMs)
    if (fetched.kind === 'stale') {
      await member.confirm()
      return undefined
    }
    const found = new Map(fetched.offsets.map((one) => [`${one.topic}/${one.partition}`, one]))
    const positionOf = ({ topic, partition }: TopicPartition) => found.get(`${names.outside(topic)}/${partition}`)!
    await tables.restore(
      shares.map(({ number }) => number),
      isOwned,
    )
    const owned = places.filter(({ partition }) => isOwned(partition))
    const fresh = owned.filter((place) => positionOf(place).offset < 0)
    const hasBegun = ({ topic, partition }: TopicPartition): boolean =>
      tables.row(begunStore, partition, topic) !== undefined
    const gone = fresh.filter(hasBegun)
    if (gone.length > 0) {
      const facts = { group: this.#options.name, places: gone.map(({ topic, partition }) => `${topic}/${partition}`) }
      throw new MetrobusError('MB_KAFKA_POSITIONS_GONE', facts)
    }
    const begins = await this.#begin(fresh, membership)
    if (begins === undefined) return undefined
    const generation = member.membership.memberEpoch
    const assignments = owned.map((place): Assignment => {
      const { topic, partition } = place
      const { offset, metadata } = positionOf(place)
      const begin = begins.get(`${topic}/${partition}`)
      if (begin !== undefined) return { topic, partition, watermark: begin, above: [], generation }
      const above = aboveOf(metadata, () => tables.row(aboveStore, partition, topic))
      return { topic, partition, watermark: offset, above: decodeAbove(offset, above), generation }
    })
    const unknown = assignments.filter((place) => !hasBegun(place))
    const rows = unknown.map(({ topic, partition, watermark }): StateChange => {
      return { store: begunStore, partition, key: topic, value: JSON.stringify(watermark) }
    })
    return { assignments, rows }
  }

  /**
   * Where a group begins that has no position yet is committed at once: from then on `now` does not move. By who the member was when there was none: a later epoch might speak
   * for what another owns by now, and has settled. Undefined as in `take`.
   */
  async #begin(
    places: readonly TopicPartition[],
    membership: GroupMembership,
  ): Promise<Map<string, number> | undefined> {
    const { logOffsets, groupOffsets, subscriptions, names, member } = this.#options
    const begins = new Map<string, number>()
    const positions: Position[] = []
    for (const [topic, some] of Map.groupBy(places, (place) => place.topic)) {
      const isNow = subscriptions.some((subscription) => subscription.topic === topic && subscription.from === 'now')
      const numbers = some.map(({ partition }) => partition)
      const outside = names.outside(topic)
      const offsets = await logOffsets.at(outside, numbers, isNow ? 'end' : 'beginning', lookingMs)
      for (const [index, partition] of numbers.entries()) {
        const offset = offsets[index]!
        begins.set(`${topic}/${partition}`, offset)
        positions.push({ topic: outside, partition, offset, leaderEpoch: -1, metadata: encodeText('begin', '') })
      }
    }
    if (positions.length === 0) return begins
    if ((await groupOffsets.commit(membership, positions, lookingMs)) === 'committed') return begins
    await member.confirm()
    return undefined
  }
}
