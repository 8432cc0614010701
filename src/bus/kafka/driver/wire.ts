/**
 * The seam of the driver: everything above it is state and rules, everything below it is sockets. A part of the driver asks
 * one broker one question and is given the decoded answer, so that a scripted broker can take the place of the cluster.
 */
import type { Reader, Writer } from '@platformatic/kafka'
import type { Address } from './address.ts'

/** One version of one request of the protocol: how the question is written and how its answer is read. */
export interface Api<Question, Answer> {
  /** As the protocol's documentation calls it: `Produce`. */
  readonly name: string
  readonly key: number
  readonly version: number
  /** The one answer whose header has no room for tags is that of ApiVersions. Default false. */
  readonly plainAnswerHeader?: boolean
  encode(writer: Writer, question: Question): Writer
  /** Reads error codes as data: it throws for bytes that are no such answer, not for what a broker refused. */
  decode(reader: Reader): Answer
}

/** How a question travels. */
export interface Travel {
  /**
   * Milliseconds from the call until it is given up. The connection is closed then, since a broker answers in order and
   * what it still says can no longer be told apart.
   */
  readonly timeoutMs: number
  /** Questions of one lane are answered one after the other: a fetch that waits must not hold up a produce. Default 'main'. */
  readonly lane?: string
}

/** Connections to brokers, opened when they are needed. */
export interface Wire {
  /**
   * Rejects with MB_KAFKA_UNREACHABLE, MB_KAFKA_CREDENTIALS or MB_KAFKA_TLS when the question certainly never left, and with
   * MB_KAFKA_NO_ANSWER when it may have been carried out.
   */
  request<Question, Answer>(
    address: Address,
    api: Api<Question, Answer>,
    question: Question,
    travel: Travel,
  ): Promise<Answer>
  /** Closes every connection; what waits is rejected as unanswered. */
  close(): Promise<void>
}
