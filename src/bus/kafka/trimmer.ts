/**
 * Cuts off what is settled and old enough, since a broker would delete by age whoever has not read yet. Each owner of a partition cuts it now and then; when
 * it cannot, nothing is lost but room, so that it only says so.
 */
import { familyOf } from '../../errors/index.ts'
import type { Log } from '../../internal/log.ts'
import type { Clock, Timer } from '../../internal/platform/platform.ts'
import { refusal } from './driver/cluster.ts'
import { deleteRecords } from './driver/codec/administration.ts'
import { codes } from './driver/codes.ts'
import type { FetchCluster } from './driver/fetcher.ts'
import type { LogOffsets } from './driver/log-offsets.ts'

/** A partition, by the name that the cluster has for its topic. */
export interface Trimmed {
  readonly topic: string
  readonly partition: number
  /** What is younger than so many milliseconds stays. */
  readonly keepMs: number
  /** What is at or above this offset stays; undefined where nobody reads. */
  readonly settled: number | undefined
}

export interface TrimmerOptions {
  readonly cluster: FetchCluster
  readonly clock: Clock
  readonly log: Log
  readonly offsets: Pick<LogOffsets, 'at'>
  /** Asked before each round. */
  readonly places: () => readonly Trimmed[]
  /** Milliseconds between two rounds. Default 60,000. */
  readonly everyMs?: number
}

const questionMs = 10_000

export class Trimmer {
  readonly #options: TrimmerOptions
  /** Where each partition was cut last. */
  readonly #cuts = new Map<string, number>()
  #timer: Timer | undefined
  #isEnded = false

  constructor(options: TrimmerOptions) {
    this.#options = options
  }

  begin(): void {
    const { clock, log, everyMs = 60_000 } = this.#options
    const round = async (): Promise<void> => {
      await this.trim().catch((error: unknown) => log.warn({ error }, 'what is settled cannot be deleted now'))
      if (!this.#isEnded) this.begin()
    }
    this.#timer = clock.timer(everyMs, () => void round(), { background: true })
  }

  end(): void {
    this.#isEnded = true
    this.#timer?.cancel()
  }

  /** One round. Rejects when a partition could not be cut, after the others were. */
  async trim(): Promise<void> {
    const byTopic = Map.groupBy(this.#options.places(), ({ topic }) => topic)
    const byLeader = new Map<number, Map<string, { partitionIndex: number; offset: bigint }[]>>()
    for (const [topic, places] of byTopic)
      for (const { partition, cut } of await this.#cutsOf(topic, places)) {
        const leader = this.#options.cluster.leader(topic, partition)
        if (leader === undefined) continue
        const topics = byLeader.get(leader.node) ?? new Map<string, { partitionIndex: number; offset: bigint }[]>()
        byLeader.set(leader.node, topics)
        topics.set(topic, [...(topics.get(topic) ?? []), { partitionIndex: partition, offset: BigInt(cut) }])
      }
    const ends = await Promise.allSettled([...byLeader].map(([node, topics]) => this.#delete(node, topics)))
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  /** Where these partitions are to be cut, without those that are cut there already. */
  async #cutsOf(topic: string, places: readonly Trimmed[]): Promise<{ partition: number; cut: number }[]> {
    const { clock, offsets } = this.#options
    const keepMs = places[0]!.keepMs
    const partitions = places.map(({ partition }) => partition)
    const young =
      keepMs === Infinity ? undefined : await offsets.at(topic, partitions, clock.now() - keepMs, questionMs)
    return places
      .map(({ partition, settled = Infinity }, index) => ({ partition, cut: Math.min(settled, young?.[index] ?? 0) }))
      .filter(({ partition, cut }) => cut > (this.#cuts.get(`${topic}/${partition}`) ?? 0))
  }

  async #delete(node: number, topics: Map<string, { partitionIndex: number; offset: bigint }[]>): Promise<void> {
    const asked = [...topics].map(([name, partitions]) => ({ name, partitions }))
    const answer = await this.#options.cluster.request(node, deleteRecords, [asked, questionMs])
    let failure: unknown
    for (const { name, partitions } of answer.topics)
      for (const { partitionIndex, lowWatermark, errorCode } of partitions) {
        if (errorCode === codes.NONE) this.#cuts.set(`${name}/${partitionIndex}`, Number(lowWatermark))
        else failure = refusal(deleteRecords.name, errorCode, `${name}/${partitionIndex}`)
      }
    if (failure === undefined) return
    if (familyOf(failure) === 'retry') await this.#options.cluster.refresh([...topics.keys()]).catch(() => undefined)
    throw failure
  }
}
