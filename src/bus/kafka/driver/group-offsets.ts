/**
 * What a group has committed, and committing it without a transaction. Read offsets are stable: none that an open transaction may still change.
 */
import { isMetrobusError } from '../../../errors/index.ts'
import type { MetrobusError } from '../../../errors/index.ts'
import type { Clock } from '../../../internal/platform/platform.ts'
import { refusal } from './cluster.ts'
import { offsetCommit } from './codec/offset-commit.ts'
import { offsetFetch } from './codec/offset-fetch.ts'
import type { CommittedOffset } from './codec/offset-fetch.ts'
import type { GroupMembership, Position } from './codec/txn-offset-commit.ts'
import { codes } from './codes.ts'
import { groupVerdict } from './group-errors.ts'
import type { GroupCluster, OwnedPartition } from './group-member.ts'
import { Patience } from './patience.ts'
import type { Api } from './wire.ts'

export interface GroupOffsetsOptions {
  readonly cluster: GroupCluster
  readonly clock: Clock
}

/** `stale`: the coordinator knows the member otherwise, or not at all; see `GroupMember.confirm`. */
export type Fetched =
  | { readonly kind: 'offsets'; readonly offsets: readonly CommittedOffset[] }
  | { readonly kind: 'stale' }

/** `stale`: nothing, or not all, was committed. */
export type Committed = 'committed' | 'stale'

export class GroupOffsets {
  readonly #cluster: GroupCluster
  readonly #clock: Clock

  constructor({ cluster, clock }: GroupOffsetsOptions) {
    this.#cluster = cluster
    this.#clock = clock
  }

  /**
   * The committed offset of each partition, -1 where there is none. Asks until no transaction is open over them, for at most `patienceMs`; then rejects with
   * MB_KAFKA_NOT_NOW, MB_KAFKA_NO_ANSWER or MB_KAFKA_UNREACHABLE; at once with MB_KAFKA_REFUSED or MB_KAFKA_NOT_ALLOWED.
   */
  fetch(membership: GroupMembership, partitions: readonly OwnedPartition[], patienceMs: number): Promise<Fetched> {
    const { group, memberId, memberEpoch } = membership
    const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, own]) => ({
      topic,
      partitions: own.map(({ partition }) => partition),
    }))
    const question = { group, memberId: memberId === '' ? null : memberId, memberEpoch, topics }
    return this.#persist(
      group,
      offsetFetch,
      question,
      patienceMs,
      ({ errorCode, partitions: offsets }): Fetched | number => {
        const code = [errorCode, ...offsets.map((one) => one.errorCode)].find(isError)
        return code ?? { kind: 'offsets', offsets }
      },
    ).then((result): Fetched => (result === 'stale' ? { kind: 'stale' } : result))
  }

  /** Commits these positions, for at most `patienceMs`. Committing again what was committed does no harm. */
  commit(membership: GroupMembership, positions: readonly Position[], patienceMs: number): Promise<Committed> {
    const question = { ...membership, positions }
    return this.#persist(membership.group, offsetCommit, question, patienceMs, (answer): Committed | number => {
      return answer.partitions.map(({ errorCode }) => errorCode).find(isError) ?? 'committed'
    })
  }

  /** Asks the group's coordinator until the answer is a result and not a code that passes. */
  async #persist<Question, Answer, Result>(
    group: string,
    api: Api<Question, Answer>,
    question: Question,
    patienceMs: number,
    resultOf: (answer: Answer) => Result | number,
  ): Promise<Result | 'stale'> {
    const patience = new Patience(this.#clock, patienceMs)
    for (;;) {
      let failure: MetrobusError
      try {
        const node = await this.#cluster.coordinator('group', group)
        const result = resultOf(await this.#cluster.request(node, api, question, { timeoutMs: patience.questionMs }))
        if (typeof result !== 'number') return result
        const verdict = groupVerdict(result)
        if (verdict === 'fenced') return 'stale'
        failure = refusal(api.name, result, `the group "${group}"`)
        if (verdict === 'refused') throw failure
        if (verdict === 'elsewhere') this.#cluster.forget('group', group)
      } catch (error) {
        if (!isMetrobusError(error) || error.family !== 'retry') throw error
        failure = error
        this.#cluster.forget('group', group)
      }
      if (!(await patience.again())) throw failure
    }
  }
}

const isError = (code: number): boolean => code !== codes.NONE
