/**
 * Batches on their way to the leaders of their partitions, until each is acknowledged or one is refused.
 *
 * A batch keeps its sequence number however often it is sent, and a partition has one batch on its way at a time: so a leader
 * that moves, an answer that is lost or a broker that dies neither doubles nor reorders anything.
 */
import { MetrobusError } from '../../../errors/index.ts'
import { refusal } from './cluster.ts'
import type { Cluster } from './cluster.ts'
import { produce } from './codec/produce.ts'
import type { ProduceQuestion } from './codec/produce.ts'
import { codes, isPassing } from './codes.ts'
import type { Patience } from './patience.ts'

/** A finished batch, stamped with its producer. */
export interface Outgoing {
  readonly topic: string
  readonly partition: number
  readonly batch: Buffer
}

/** How a delivery ended. `refused` and `late` say nothing of the other batches. */
export type Delivery =
  /** Base offset of each batch, in their order; -1 where the broker had the batch already and no longer knows. */
  | { readonly end: 'delivered'; readonly offsets: readonly number[] }
  /** `code` is the protocol's, undefined where no broker said it. */
  | { readonly end: 'refused'; readonly code: number | undefined; readonly error: MetrobusError }
  | { readonly end: 'late'; readonly error: MetrobusError }

/** What the parts of one unit share: as soon as one part is refused, the others need not try again. */
export interface Effort {
  readonly patience: Patience
  given: boolean
}

interface Flight {
  readonly outgoing: Outgoing
  readonly index: number
}

/** How long a broker waits for its replicas before it says so. */
const replicasMs = 5_000

export async function deliver(
  cluster: Cluster,
  transactionalId: string | null,
  batches: readonly Outgoing[],
  effort: Effort,
): Promise<Delivery> {
  const offsets = batches.map(() => -1)
  let waiting: readonly Flight[] = batches.map((outgoing, index) => ({ outgoing, index }))
  let failed: MetrobusError | undefined
  while (waiting.length > 0) {
    const round = new Round(cluster, transactionalId, effort.patience)
    const first = firstOfEach(waiting)
    await round.fly(first)
    for (const [index, offset] of round.offsets) offsets[index] = offset
    if (round.refused !== undefined) return round.refused
    waiting = waiting.filter(({ index }) => !round.offsets.has(index))
    failed = round.failed ?? failed
    const isStuck = first.some(({ index }) => !round.offsets.has(index))
    if (!isStuck) continue
    if (effort.given || !(await effort.patience.again())) return { end: 'late', error: failed ?? noLeader(first) }
    const barred = await cluster.refresh(topicsOf(waiting)).then(nothing, finalError)
    if (barred !== undefined) return { end: 'refused', code: undefined, error: barred }
  }
  return { end: 'delivered', offsets }
}

/** Each partition's first batch; those behind it wait for it. */
function firstOfEach(flights: readonly Flight[]): Flight[] {
  const seen = new Set<string>()
  return flights.filter(({ outgoing: { topic, partition } }) => {
    const key = `${topic}:${partition}`
    return !seen.has(key) && seen.add(key)
  })
}

const topicsOf = (flights: readonly Flight[]): string[] => [...new Set(flights.map(({ outgoing }) => outgoing.topic))]

const nothing = (): undefined => undefined

/** What asking again in the next round does not mend. */
function finalError(error: unknown): MetrobusError | undefined {
  if (!(error instanceof MetrobusError)) throw error
  return error.family === 'retry' ? undefined : error
}

const noLeader = ([first]: readonly Flight[]): MetrobusError =>
  new MetrobusError('MB_KAFKA_NO_TOPIC', {
    topic: first?.outgoing.topic ?? '',
    ...(first === undefined ? {} : { partition: first.outgoing.partition }),
  })

/** One question to each leader, at once. */
class Round {
  readonly #cluster: Cluster
  readonly #transactionalId: string | null
  readonly #patience: Patience
  readonly offsets = new Map<number, number>()
  refused: (Delivery & { readonly end: 'refused' }) | undefined
  failed: MetrobusError | undefined

  constructor(cluster: Cluster, transactionalId: string | null, patience: Patience) {
    this.#cluster = cluster
    this.#transactionalId = transactionalId
    this.#patience = patience
  }

  async fly(flights: readonly Flight[]): Promise<void> {
    const byNode = Map.groupBy(
      flights,
      ({ outgoing }) => this.#cluster.leader(outgoing.topic, outgoing.partition)?.node,
    )
    byNode.delete(undefined)
    await Promise.all([...byNode].map(([node, some]) => this.#ask(node!, some)))
  }

  async #ask(node: number, flights: readonly Flight[]): Promise<void> {
    const topics = [...Map.groupBy(flights, ({ outgoing }) => outgoing.topic)].map(([topic, some]) => ({
      topic,
      partitions: some.map(({ outgoing }) => outgoing),
    }))
    const question: ProduceQuestion = { transactionalId: this.#transactionalId, timeoutMs: replicasMs, topics }
    try {
      const { partitions } = await this.#cluster.request(node, produce, question, {
        timeoutMs: this.#patience.questionMs,
      })
      for (const flight of flights) {
        const { topic, partition } = flight.outgoing
        const answer = partitions.find((one) => one.topic === topic && one.partition === partition)
        if (answer !== undefined) this.#heed(flight, answer.errorCode, answer.baseOffset)
      }
    } catch (error) {
      if (!(error instanceof MetrobusError)) throw error
      if (error.family === 'retry') this.failed = error
      else this.refused ??= { end: 'refused', code: undefined, error }
    }
  }

  #heed({ index, outgoing }: Flight, code: number, baseOffset: number): void {
    const { topic, partition, batch } = outgoing
    const what = `${topic}/${partition}`
    // The broker has the batch, from an attempt whose answer was lost.
    if (code === codes.NONE || code === codes.DUPLICATE_SEQUENCE_NUMBER) this.offsets.set(index, baseOffset)
    else if (isPassing(code)) this.failed = refusal(produce.name, code, what)
    else if (code === codes.MESSAGE_TOO_LARGE || code === codes.RECORD_LIST_TOO_LARGE) {
      const error = new MetrobusError('MB_KAFKA_TOO_LARGE', { topic, partition, bytes: batch.length })
      this.refused ??= { end: 'refused', code, error }
    } else this.refused ??= { end: 'refused', code, error: refusal(produce.name, code, what) }
  }
}
