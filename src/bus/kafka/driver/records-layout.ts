/**
 * A record batch (magic 2), the unit in which Kafka stores, sends and checks records:
 *
 *     baseOffset      int64     0     given by the broker
 *     batchLength     int32     8     bytes behind this field
 *     leaderEpoch     int32    12     given by the broker
 *     magic           int8     16     2
 *     crc             uint32   17     CRC-32C of everything behind it
 *     attributes      int16    21     bits 0-2 compression, 3 log append time, 4 transactional, 5 control
 *     lastOffsetDelta int32    23
 *     baseTimestamp   int64    27
 *     maxTimestamp    int64    35
 *     producerId      int64    43     -1 without idempotence
 *     producerEpoch   int16    51
 *     baseSequence    int32    53
 *     count           int32    57
 *     records                  61     compressed as one block
 *
 *     record  = length attributes(int8, 0) timestampDelta(varlong) offsetDelta key value headerCount *( name value )
 *     key, value, name = length bytes        length -1: null
 *
 * All lengths, deltas and counts inside a record are zigzag varints.
 */
export const at = {
  baseOffset: 0,
  batchLength: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
  records: 61,
} as const

/** Bytes before `batchLength` ends: with them it is known how long the batch is. */
export const headBytes = 12

export const attribute = { compression: 0x07, logAppendTime: 0x08, transactional: 0x10, control: 0x20 } as const

const word = 2 ** 32

/** An int64 that is an offset or a time; undefined beyond what a number holds exactly. */
export function readInt64(bytes: Buffer, position: number): number | undefined {
  const value = bytes.readInt32BE(position) * word + bytes.readUInt32BE(position + 4)
  return Number.isSafeInteger(value) ? value : undefined
}

export function writeInt64(bytes: Buffer, value: number, position: number): void {
  bytes.writeInt32BE(Math.floor(value / word), position)
  bytes.writeUInt32BE(((value % word) + word) % word, position + 4)
}
