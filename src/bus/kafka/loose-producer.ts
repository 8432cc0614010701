/**
 * At least once: what a unit brings out goes first, acknowledged by all replicas, and then its positions. Who dies in between, or hears no answer, does it again. No transaction is open, so that
 * nobody waits for the end of one, and a reader sees records as soon as they are there.
 */
import { isMetrobusError, MetrobusError } from '../../errors/index.ts'
import type { GroupOffsets } from './driver/group-offsets.ts'
import type { Producer, ProducerUnit, UnitEnd } from './driver/producer.ts'
import { lookingMs } from './log-scan.ts'

/** Makes units visible: a producer with transactions, or one like this. */
export type UnitProducer = Pick<Producer, 'state' | 'settle' | 'renew'>

export class LooseProducer implements UnitProducer {
  readonly #producer: Producer
  readonly #offsets: GroupOffsets
  /** The batches that have gone out last, and where they are: settled again, only their positions are missing. */
  #sent: { readonly batches: ProducerUnit['batches']; readonly offsets: readonly number[] } | undefined

  /** `producer`: one without a transactional id. */
  constructor(producer: Producer, offsets: GroupOffsets) {
    this.#producer = producer
    this.#offsets = offsets
  }

  get state(): Producer['state'] {
    return this.#producer.state
  }

  renew(): Promise<void> {
    return this.#producer.renew()
  }

  async settle({ batches, offsets }: ProducerUnit): Promise<UnitEnd> {
    if (this.#sent?.batches !== batches) {
      const end = await this.#producer.settle({ batches })
      if (end.end !== 'committed') return voidBy(end.error)
      this.#sent = { batches, offsets: end.offsets }
    }
    const committed = { end: 'committed', offsets: this.#sent.offsets } as const
    if (offsets === undefined) return committed
    const { membership, positions } = offsets
    try {
      if ((await this.#offsets.commit(membership, positions, lookingMs)) === 'committed') return committed
    } catch (error) {
      if (!isMetrobusError(error)) throw error
      return voidBy(error)
    }
    const error = new MetrobusError('MB_BUS_FAILED', { reason: 'the group knows the member otherwise' })
    return { end: 'void', because: 'member', error }
  }
}

/** To be settled again where that may help. */
const voidBy = (error: MetrobusError): UnitEnd => ({
  end: 'void',
  because: error.family === 'retry' ? 'time' : 'refused',
  error,
})
