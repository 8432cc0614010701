/**
 * What a bus can keep. A stop declares what it needs; start-up refuses a combination that cannot be kept, in one sentence.
 */
export interface Capabilities {
  /** Outputs, acknowledgements and state move in one step. Default true. If false: outputs, confirmation, acknowledgement in this order, and repeats are dropped within a window: I2 becomes at-least-once. */
  readonly supportsAtomicSettle?: boolean
  /** Unsynced outputs can be polled `ahead` by stops without effects. Default false. If false: each hop waits for its unit to be durable. */
  readonly supportsRunAhead?: boolean
  /** Records of a partition come in the order appended. Default true. If false: I3 is not kept and keyed stops are refused. */
  readonly supportsOrder?: boolean
  /** Offsets of a partition follow each other. Default true. If false: an end less a position may be more than what waits; records come in order all the same. */
  readonly hasDenseOffsets?: boolean
  /** A new group can read from the beginning. Default true. If false: a topic subscription from 'beginning' is refused. */
  readonly supportsReplay?: boolean
  /** Positions can be moved by offset and time. Default true. If false: `seek` is refused. */
  readonly supportsSeek?: boolean
  /** What is settled survives the process. Default true. If false: everything is lost with the process. */
  readonly isDurable?: boolean
  /** Bytes that the set above one watermark may take. Default Infinity. */
  readonly ackSetBytesMax?: number
  /** Bytes of one commit unit. Default 4 MiB. */
  readonly unitBytesMax?: number
  /** Bytes of one record, encoded. Default 1 MiB. */
  readonly recordBytesMax?: number
}

/** Capabilities with every default filled in. */
export type ResolvedCapabilities = Required<Capabilities>

/** Fills in the defaults. */
export function resolveCapabilities(capabilities: Capabilities): ResolvedCapabilities {
  return {
    supportsAtomicSettle: true,
    supportsRunAhead: false,
    supportsOrder: true,
    hasDenseOffsets: true,
    supportsReplay: true,
    supportsSeek: true,
    isDurable: true,
    ackSetBytesMax: Infinity,
    unitBytesMax: 4 * 1024 * 1024,
    recordBytesMax: 1024 * 1024,
    ...capabilities,
  }
}
