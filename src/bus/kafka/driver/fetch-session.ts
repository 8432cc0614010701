/**
 * The fetch session with one broker: the broker remembers which partitions are fetched and from where, and is told only what changed.
 *
 * | state  | question                                  | answer                        | then   |
 * | ------ | ----------------------------------------- | ----------------------------- | ------ |
 * | none   | epoch 0, all partitions, the id to close  | a session id                  | open   |
 * | none   | the same                                  | id 0: no room for a session   | none   |
 * | open   | the next epoch, changes, forgotten        | no error                      | open   |
 * | open   | the same                                  | the session is not known      | none   |
 * | any    | any                                       | none: the connection broke    | none   |
 *
 * Invariants:
 * - S1 What the broker remembers is what `remembered` holds, whenever the state is open and no question is on its way.
 * - S2 An answer is for the positions that were remembered when its question was asked.
 */
import type { FetchPosition, FetchQuestion, FetchTopic, ForgottenTopic } from './codec/fetch.ts'

/** One partition to be fetched. */
export interface FetchWish<Owner> extends FetchPosition {
  readonly topicId: string
  /** Handed back with the answer. */
  readonly owner: Owner
}

/** The limits of one question. */
export type FetchLimits = Pick<FetchQuestion, 'maxWaitMs' | 'minBytes' | 'maxBytes'>

const lastEpoch = 2 ** 31 - 1

export class FetchSession<Owner> {
  #id = 0
  #epoch = 0
  #remembered = new Map<string, FetchWish<Owner>>()

  /** The question that makes the broker fetch just these; `answered` or `failed` must follow before the next. */
  ask(wishes: readonly FetchWish<Owner>[], limits: FetchLimits): FetchQuestion {
    const before = this.#remembered
    const isFull = this.#epoch === 0
    this.#remembered = new Map(wishes.map((wish) => [keyOf(wish.topicId, wish.partition), wish]))
    const changed = isFull
      ? wishes
      : wishes.filter((wish) => !isSame(before.get(keyOf(wish.topicId, wish.partition)), wish))
    const gone = isFull ? [] : [...before].filter(([key]) => !this.#remembered.has(key)).map(([, wish]) => wish)
    return {
      ...limits,
      sessionId: this.#id,
      sessionEpoch: this.#epoch,
      topics: grouped(changed),
      forgotten: grouped(gone).map(forgottenOf),
    }
  }

  /** What is remembered of a partition that an answer names: its question, and whose it was. */
  wish(topicId: string, partition: number): FetchWish<Owner> | undefined {
    return this.#remembered.get(keyOf(topicId, partition))
  }

  /** The broker answered without an error of the whole. */
  answered(sessionId: number): void {
    this.#id = sessionId
    if (sessionId === 0) this.#epoch = 0
    else this.#epoch = this.#epoch === lastEpoch ? 1 : this.#epoch + 1
  }

  /** The question was refused as a whole, or is not answered: what the broker remembers is not known, so the next one says it all. */
  failed(): void {
    this.#epoch = 0
  }
}

const keyOf = (topicId: string, partition: number): string => `${topicId}/${partition}`

const isSame = <Owner>(before: FetchWish<Owner> | undefined, now: FetchWish<Owner>): boolean =>
  before !== undefined &&
  before.offset === now.offset &&
  before.leaderEpoch === now.leaderEpoch &&
  before.lastEpoch === now.lastEpoch &&
  before.maxBytes === now.maxBytes

function grouped(wishes: readonly FetchWish<unknown>[]): FetchTopic[] {
  const topics = new Map<string, FetchPosition[]>()
  for (const wish of wishes) {
    const partitions = topics.get(wish.topicId)
    if (partitions === undefined) topics.set(wish.topicId, [wish])
    else partitions.push(wish)
  }
  return [...topics].map(([topicId, partitions]) => ({ topicId, partitions }))
}

const forgottenOf = ({ topicId, partitions }: FetchTopic): ForgottenTopic => ({
  topicId,
  partitions: partitions.map(({ partition }) => partition),
})
