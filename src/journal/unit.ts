/**
 * The payload of a unit (and of `moved`, which has neither acknowledgements nor changes):
 *
 *      0 u16 group        number of the group
 *      2 u16 acks         how many acknowledgements
 *      4 u32 acksBytes
 *      8 u32 changesBytes JSON [[store, partition, key, value], ...], or nothing
 *     12     directory    one line of 32 bytes for each run of entries of one topic partition:
 *                         u16 topic, u16 partition, u32 count, u32 start (from the frame's beginning), u32 bytes, f64 first, f64 last offset
 *            acknowledgements: u16 topic, u16 partition, f64 watermark, then varints: how many bounds above it, and each bound as the
 *                         difference to the one before
 *            changes, entries
 *
 * The directory lets a reader of one partition skip what is not its own, and the index grow without decoding.
 */
import type { CommitUnit, Output, StateChange } from '../event/unit.ts'
import { encodeEntry } from './entry.ts'
import type { FramePlace } from './entry.ts'
import { frameHeaderBytes } from './frame.ts'
import type { Frame } from './frame.ts'
import type { Pending } from './pending.ts'

const headBytes = 12
export const lineBytes = 32
const varintBytesMax = 8

/** One line of a frame's directory. */
export interface Block {
  readonly topic: number
  readonly partition: number
  readonly count: number
  /** Of the first entry, in the frame's buffer. */
  readonly start: number
  readonly bytes: number
  readonly first: number
  readonly last: number
}

/** An acknowledgement with its topic by number. */
export interface NumberedAck {
  readonly topic: number
  readonly partition: number
  readonly watermark: number
  readonly above: readonly number[]
}

/** An output that has records, with its topic by number and the offset of its first record. */
export interface NumberedOutput {
  readonly topic: number
  readonly output: Output
  readonly first: number
}

/** Encodes a unit into the open frame of `out`. */
export function encodeUnit(
  out: Pending,
  group: number,
  outputs: readonly NumberedOutput[],
  acks: readonly NumberedAck[],
  changes: CommitUnit['changes'],
  place: FramePlace,
  time: number,
): void {
  const lines = beginPayload(out, group, outputs.length)
  encodeAcks(out, acks)
  encodeChanges(out, changes)
  for (let index = 0; index < outputs.length; index++) {
    const { topic, output, first } = outputs[index]!
    const start = out.size
    for (let at = 0; at < output.records.length; at++) encodeEntry(out, output.records[at]!, first + at, time, place)
    const block = {
      topic,
      partition: output.partition,
      count: output.records.length,
      start,
      bytes: out.size - start,
      first,
      last: first + output.records.length - 1,
    }
    writeLine(out, lines + index * lineBytes, block)
  }
}

/** Writes the head and leaves room for the directory; answers where that begins, from the frame's beginning. */
export function beginPayload(out: Pending, group: number, lines: number): number {
  const bytes = headBytes + lines * lineBytes
  out.need(bytes)
  const { view, at } = out
  view.setUint16(at, group, true)
  view.setUint16(at + 2, 0, true)
  view.setUint32(at + 4, 0, true)
  view.setUint32(at + 8, 0, true)
  out.at += bytes
  return frameHeaderBytes + headBytes
}

/** Writes a line of the directory; its `start` is from the frame's beginning. */
export function writeLine(out: Pending, line: number, block: Block): void {
  const at = out.frameStart + line
  out.view.setUint16(at, block.topic, true)
  out.view.setUint16(at + 2, block.partition, true)
  out.view.setUint32(at + 4, block.count, true)
  out.view.setUint32(at + 8, block.start, true)
  out.view.setUint32(at + 12, block.bytes, true)
  out.view.setFloat64(at + 16, block.first, true)
  out.view.setFloat64(at + 24, block.last, true)
}

function encodeAcks(out: Pending, acks: readonly NumberedAck[]): void {
  const before = out.size
  for (const ack of acks) {
    out.need(12 + varintBytesMax * (ack.above.length + 1))
    out.view.setUint16(out.at, ack.topic, true)
    out.view.setUint16(out.at + 2, ack.partition, true)
    out.view.setFloat64(out.at + 4, ack.watermark, true)
    out.at += 12
    writeVarint(out, ack.above.length)
    let previous = ack.watermark
    for (const bound of ack.above) {
      writeVarint(out, bound - previous)
      previous = bound
    }
  }
  const head = out.frameStart + frameHeaderBytes
  out.view.setUint16(head + 2, acks.length, true)
  out.view.setUint32(head + 4, out.size - before, true)
}

function encodeChanges(out: Pending, changes: readonly StateChange[]): void {
  if (changes.length === 0) return
  const text = JSON.stringify(changes.map((change) => [change.store, change.partition, change.key, change.value]))
  out.need(text.length * 3)
  const bytes = out.buffer.write(text, out.at)
  out.view.setUint32(out.frameStart + frameHeaderBytes + 8, bytes, true)
  out.at += bytes
}

/** Seven bits a byte, lowest first; by division, because offsets pass 32 bits. */
function writeVarint(out: Pending, value: number): void {
  let left = value
  while (left >= 128) {
    out.buffer[out.at++] = (left % 128) | 128
    left = Math.floor(left / 128)
  }
  out.buffer[out.at++] = left
}

/** Number of the group of a unit. */
export function groupOf(frame: Frame): number {
  return frame.buffer.readUInt16LE(frame.start + frameHeaderBytes)
}

/** A line of the directory. */
export function blockOf(frame: Frame, index: number): Block {
  const { buffer } = frame
  const at = frame.start + frameHeaderBytes + headBytes + index * lineBytes
  return {
    topic: buffer.readUInt16LE(at),
    partition: buffer.readUInt16LE(at + 2),
    count: buffer.readUInt32LE(at + 4),
    start: frame.start + buffer.readUInt32LE(at + 8),
    bytes: buffer.readUInt32LE(at + 12),
    first: buffer.readDoubleLE(at + 16),
    last: buffer.readDoubleLE(at + 24),
  }
}

/** The acknowledgements of a unit. */
export function acksOf(frame: Frame): readonly NumberedAck[] {
  const { buffer } = frame
  const count = buffer.readUInt16LE(frame.start + frameHeaderBytes + 2)
  const cursor = { at: acksStart(frame) }
  const acks: NumberedAck[] = []
  for (let index = 0; index < count; index++) {
    const topic = buffer.readUInt16LE(cursor.at)
    const partition = buffer.readUInt16LE(cursor.at + 2)
    const watermark = buffer.readDoubleLE(cursor.at + 4)
    cursor.at += 12
    const above: number[] = []
    let previous = watermark
    for (let left = readVarint(buffer, cursor); left > 0; left--) {
      previous += readVarint(buffer, cursor)
      above.push(previous)
    }
    acks.push({ topic, partition, watermark, above })
  }
  return acks
}

/** The state changes of a unit. */
export function changesOf(frame: Frame): readonly StateChange[] {
  const { buffer } = frame
  const bytes = buffer.readUInt32LE(frame.start + frameHeaderBytes + 8)
  if (bytes === 0) return []
  const start = acksStart(frame) + buffer.readUInt32LE(frame.start + frameHeaderBytes + 4)
  const rows = JSON.parse(buffer.toString('utf8', start, start + bytes)) as [string, number, string, string | null][]
  return rows.map(([store, partition, key, value]) => ({ store, partition, key, value }))
}

function acksStart(frame: Frame): number {
  return frame.start + frameHeaderBytes + headBytes + frame.blocks * lineBytes
}

function readVarint(buffer: Buffer, cursor: { at: number }): number {
  let value = 0
  let scale = 1
  for (;;) {
    const byte = buffer[cursor.at++]!
    value += (byte & 127) * scale
    if (byte < 128) return value
    scale *= 128
  }
}
