/**
 * The states of a producer. Everything that a broker answers, or does not answer, is one of these events; what is not in the table
 * is a mistake of ours and stops the producer.
 *
 * | state     | event      | next      | what happened                                                                       |
 * |-----------|------------|-----------|-------------------------------------------------------------------------------------|
 * | nameless  | named      | ready     | InitProducerId gave an identity; whoever had the name before is fenced               |
 * | nameless  | barred     | failed    | it was refused for good: no permission, a timeout that is not allowed                |
 * | ready     | begun      | open      | outcomes exist: their batches and positions are on their way                         |
 * | open      | delivered  | ending    | all of it is acknowledged; the commit is asked for                                   |
 * | open      | voided     | aborting  | a part was refused; an abort is asked for. Nothing of the unit will ever be visible  |
 * | open      | suspected  | doubtful  | a broker knows a newer epoch than ours; nothing of the unit will ever be visible     |
 * | open      | sent       | ready     | without transactions: all of it is acknowledged                                      |
 * | open      | lost       | doubtful  | without transactions: some of it may be written                                      |
 * | ending    | ended      | ready     | committed; the answer carried the next epoch                                         |
 * | ending    | suspected  | doubtful  | the commit was refused                                                               |
 * | ending    | lost       | doubtful  | the commit may have been carried out                                                 |
 * | aborting  | ended      | ready     | aborted; the answer carried the next epoch                                           |
 * | aborting  | suspected  | doubtful  | the abort was refused: the coordinator aborted before us, or we are fenced           |
 * | aborting  | lost       | doubtful  | the abort may have been carried out                                                  |
 * | doubtful  | named      | ready     | InitProducerId, asked with our identity, gave a new epoch: what was open is decided  |
 * | doubtful  | overtaken  | fenced    | it refused our identity: another of our name has taken over, and we are the zombie   |
 * | doubtful  | barred     | failed    | it was refused for good                                                              |
 *
 * A producer that is fenced or failed stays so. Sequence numbers begin at 0 with every identity, per partition; sending again keeps
 * the number, since the broker recognises a batch that it has by it.
 */

/** An id given by the cluster and the number of its owner. */
export interface Identity {
  readonly producerId: bigint
  readonly producerEpoch: number
}

/** Asks for the name whoever has it: the newcomer wins. */
export const nobody: Identity = { producerId: -1n, producerEpoch: -1 }

export type ProducerState = 'nameless' | 'ready' | 'open' | 'ending' | 'aborting' | 'doubtful' | 'fenced' | 'failed'

export type ProducerEvent =
  | 'named'
  | 'barred'
  | 'begun'
  | 'delivered'
  | 'voided'
  | 'suspected'
  | 'sent'
  | 'lost'
  | 'ended'
  | 'overtaken'

type Row = Readonly<Partial<Record<ProducerEvent, ProducerState>>>

export const transitions: Readonly<Record<ProducerState, Row>> = {
  nameless: { named: 'ready', barred: 'failed' },
  ready: { begun: 'open' },
  open: { delivered: 'ending', voided: 'aborting', suspected: 'doubtful', sent: 'ready', lost: 'doubtful' },
  ending: { ended: 'ready', suspected: 'doubtful', lost: 'doubtful' },
  aborting: { ended: 'ready', suspected: 'doubtful', lost: 'doubtful' },
  doubtful: { named: 'ready', overtaken: 'fenced', barred: 'failed' },
  fenced: {},
  failed: {},
}
