/** Where partitions begin and end, and which offset a time has: for who has no position, or one that is gone. */
import { familyOf } from '../../../errors/index.ts'
import type { Clock } from '../../../internal/platform/platform.ts'
import { refusal } from './cluster.ts'
import { beginning, end, listOffsets } from './codec/list-offsets.ts'
import type { ListedOffset, OffsetQuestion } from './codec/list-offsets.ts'
import { codes } from './codes.ts'
import { fetchVerdict } from './fetch-errors.ts'
import type { FetchCluster } from './fetcher.ts'
import { Patience } from './patience.ts'

export interface LogOffsetsOptions {
  readonly cluster: FetchCluster
  readonly clock: Clock
}

/**
 * A time in milliseconds since the epoch: the first offset at or after it, or the end. `end`: behind what is committed. `written`: behind what is
 * acknowledged, also of transactions whose end is not known here yet.
 */
export type Moment = 'beginning' | 'end' | 'written' | number

export class LogOffsets {
  readonly #cluster: FetchCluster
  readonly #clock: Clock

  constructor({ cluster, clock }: LogOffsetsOptions) {
    this.#cluster = cluster
    this.#clock = clock
  }

  /**
   * The offset of a moment in each of these partitions of a topic, in their order. Leaders are followed for at most `patienceMs`; then
   * rejects with MB_KAFKA_NOT_NOW, MB_KAFKA_NO_ANSWER or MB_KAFKA_UNREACHABLE; at once with MB_KAFKA_REFUSED or MB_KAFKA_NOT_ALLOWED.
   */
  async at(topic: string, partitions: readonly number[], moment: Moment, patienceMs: number): Promise<number[]> {
    const patience = new Patience(this.#clock, patienceMs)
    const time = moment === 'beginning' ? beginning : moment === 'end' || moment === 'written' ? end : moment
    const found = new Map<number, number>()
    for (;;) {
      const left = partitions.filter((partition) => !found.has(partition))
      const failure = await this.#ask(topic, left, { time, withOpen: moment === 'written' }, patience, found)
      const young = partitions.filter((partition) => found.get(partition) === -1)
      if (young.length > 0) {
        const ends = await this.at(topic, young, 'end', patience.leftMs)
        young.forEach((partition, index) => found.set(partition, ends[index]!))
      }
      if (found.size === partitions.length) return partitions.map((partition) => found.get(partition)!)
      if (!(await patience.again())) throw failure
      await this.#cluster.refresh([topic]).catch(() => undefined)
    }
  }

  /** Asks the leader of each; answers the last failure that passes. */
  async #ask(
    topic: string,
    partitions: readonly number[],
    { time, withOpen }: { readonly time: number; readonly withOpen: boolean },
    patience: Patience,
    found: Map<number, number>,
  ): Promise<unknown> {
    let failure: unknown = refusal(listOffsets.name, codes.LEADER_NOT_AVAILABLE, topic)
    for (const [node, questions] of this.#byLeader(topic, partitions, time)) {
      let listed: readonly ListedOffset[]
      try {
        const topics = [{ topic, partitions: questions }]
        const question = withOpen ? { withOpen, topics } : { topics }
        listed = (await this.#cluster.request(node, listOffsets, question, { timeoutMs: patience.questionMs }))
          .partitions
      } catch (error) {
        if (familyOf(error) !== 'retry') throw error
        failure = error
        continue
      }
      for (const { partition, errorCode, offset } of listed) {
        if (errorCode === codes.NONE) found.set(partition, offset)
        else failure = refusal(listOffsets.name, errorCode, `${topic}/${partition}`)
        if (errorCode !== codes.NONE && fetchVerdict(errorCode) === 'refused') throw failure
      }
    }
    return failure
  }

  #byLeader(topic: string, partitions: readonly number[], time: number): Map<number, OffsetQuestion[]> {
    const byLeader = new Map<number, OffsetQuestion[]>()
    for (const partition of partitions) {
      const leader = this.#cluster.leader(topic, partition)
      if (leader === undefined) continue
      const questions = byLeader.get(leader.node) ?? []
      questions.push({ partition, leaderEpoch: leader.epoch, time })
      byLeader.set(leader.node, questions)
    }
    return byLeader
  }
}
