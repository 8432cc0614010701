/**
 * Opening after anything: what ends the journal, and what is damage.
 *
 * Let D be the highest position that any whole frame or the checkpoint says was durable. A bad frame below D is damage: the start is refused and
 * nothing is touched. The first bad frame at or above D ends the journal, even when whole frames follow, because they were never acknowledged. Zeros at the end
 * of a file are room that was set ahead (`group-commit.ts`, C6), and count neither as what is cut nor as anything else.
 *
 * Invariants:
 * - R1 Nothing is written before the verdict; read-only, nothing is written at all.
 * - R2 What is cut is saved beside the segment before it is cut, and the cut is synced before anything is appended.
 * - R3 A crash in here at any point, and again, comes to the same end.
 * - R4 What had no witness is written again in place and synced: after a failed sync the cache may hold what the disk does not.
 */
import { join } from 'node:path'
import { MetrobusError } from '../errors/index.ts'
import type { Disk, DiskFile } from '../internal/platform/disk.ts'
import { readCheckpoint } from './checkpoint.ts'
import { FrameKind } from './frame.ts'
import type { Frame } from './frame.ts'
import type { JournalLog } from './journal.ts'
import { isNoSpace } from './no-space.ts'
import { readFully } from './read-fully.ts'
import { filledUpTo, findFrames, scanFrames } from './scan.ts'
import type { ScanEnd } from './scan.ts'
import { baseOfName, cutName, decodeSegmentHeader, indexName, segmentHeaderBytes, segmentName } from './segment-file.ts'
import type { SegmentHeader } from './segment-file.ts'
import { SegmentIndex } from './segment-index.ts'
import { payloadOf, State } from './state.ts'
import type { Trim } from './state.ts'

/** What recovery found, with the journal made ready to be appended to. */
export interface Recovered {
  /** The segment to go on in. */
  readonly base: number
  readonly bytes: number
  readonly index: SegmentIndex
  readonly state: State
  /** Of the last frame. */
  readonly last: { readonly sequence: number; readonly crc: number; readonly time: number }
  readonly frames: number
  readonly cutBytes: number
  readonly cutFile: string | undefined
}

interface Parts {
  readonly disk: Disk
  readonly dir: string
  readonly readOnly: boolean
  readonly log: JournalLog
}

/** A segment file as it was found. */
interface Found {
  readonly base: number
  readonly size: number
  /** Where its last byte is that is not zero; at least the end of its frames. */
  readonly filled: number
  readonly header: SegmentHeader | undefined
  readonly end: ScanEnd
  /** Where whole frames go on behind the fault; the size of the file when they do not. */
  readonly resumesAt: number
  readonly witness: number
  readonly index: SegmentIndex
  readonly state: State
  readonly removed: readonly number[]
  readonly time: number
}

/** Judges the files and makes them ready; undefined when there is no journal yet. */
export async function recover(parts: Parts): Promise<Recovered | undefined> {
  const { disk, dir } = parts
  const bases = (await disk.list(dir)).map(baseOfName).filter((base) => base !== undefined)
  let durable = (await readCheckpoint(disk, dir))?.durable ?? 0
  const dropped: Found[] = []
  for (const base of bases.toReversed()) {
    const found = await inspect(parts, base)
    durable = Math.max(durable, found.witness)
    const usable = found.end.frames > 0
    if (base + found.end.offset < durable) throw damaged(dir, found)
    if (!usable) {
      // Begun, and not even its head came whole to the disk: the journal ends in the segment before.
      dropped.push(found)
      continue
    }
    await checkSealed(parts, found, bases)
    return settle(parts, found, dropped, durable)
  }
  if (durable > 0)
    throw new MetrobusError('MB_JOURNAL_CORRUPT', {
      file: dir,
      offset: 0,
      range: durable,
      detail: 'segments are missing',
    })
  for (const found of dropped) await drop(parts, found)
  return undefined
}

async function inspect({ disk, dir }: Parts, base: number): Promise<Found> {
  const path = join(dir, segmentName(base))
  const file = await disk.open(path, { readOnly: true })
  try {
    return await inspectFile(file, path, base)
  } finally {
    await file.close()
  }
}

async function inspectFile(file: DiskFile, path: string, base: number): Promise<Found> {
  const size = await file.size()
  const header = await readHeader(file, path, base)
  const index = new SegmentIndex()
  const state = new State()
  const removed: number[] = []
  let witness = header === undefined ? 0 : base
  let time = 0
  const visit = (frame: Frame): void => {
    witness = Math.max(witness, frame.durable)
    time = frame.time
    state.apply(frame)
    index.add(frame, frame.position - base)
    if (frame.kind === FrameKind.trim) removed.push(...(payloadOf(frame) as Trim).removed)
  }
  let end: ScanEnd = { offset: 0, fault: 'no frame', frames: 0, last: undefined }
  if (header !== undefined) {
    const before = { sequence: header.sequence - 1, crc: header.chain }
    end = await scanFrames(file, { base, from: segmentHeaderBytes, to: size, before }, visit)
  }
  let resumesAt = size
  if (end.fault !== undefined) {
    await findFrames(file, { base, from: end.offset, to: size }, (frame, offset) => {
      witness = Math.max(witness, frame.durable, base)
      if (offset > end.offset) resumesAt = Math.min(resumesAt, offset)
    })
  }
  const filled = end.offset < size ? await filledUpTo(file, end.offset, size) : size
  return { base, size, filled, header, end, resumesAt, witness, index, state, removed, time }
}

export async function readHeader(file: DiskFile, path: string, base: number): Promise<SegmentHeader | undefined> {
  const bytes = Buffer.alloc(segmentHeaderBytes)
  const count = await readFully(file, bytes, 0)
  const header = decodeSegmentHeader(bytes.subarray(0, count), path)
  return header?.base === base ? header : undefined
}

/** Every segment that the log knows must be there, with all its bytes, and none of a newer format. What is damaged in them is told when it is read. */
async function checkSealed({ disk, dir, log }: Parts, found: Found, bases: readonly number[]): Promise<void> {
  for (const [base, bytes] of found.state.sealed) {
    const path = join(dir, segmentName(base))
    if (!bases.includes(base))
      throw new MetrobusError('MB_JOURNAL_CORRUPT', {
        file: path,
        offset: 0,
        range: bytes,
        detail: 'the segment is missing',
      })
    const size = await sizeOfKnown(disk, path, base)
    if (size < bytes)
      throw new MetrobusError('MB_JOURNAL_CORRUPT', {
        file: path,
        offset: size,
        range: bytes - size,
        detail: 'the segment is cut short',
      })
  }
  const unknown = bases.filter(
    (base) => base < found.base && !found.state.sealed.has(base) && !found.removed.includes(base),
  )
  if (unknown.length > 0)
    log('warn', 'The folder holds segments that the journal does not know; they are kept and not read.', {
      segments: unknown,
    })
}

/** The size of a segment. Throws MB_JOURNAL_NEWER. */
async function sizeOfKnown(disk: Disk, path: string, base: number): Promise<number> {
  const file = await disk.open(path, { readOnly: true })
  try {
    await readHeader(file, path, base)
    return await file.size()
  } finally {
    await file.close()
  }
}

/** Nothing was damaged: cut the torn tail, finish removals, sync what had no witness. */
async function settle(parts: Parts, found: Found, dropped: readonly Found[], durable: number): Promise<Recovered> {
  const { disk, dir, readOnly } = parts
  const { base, size, filled, end } = found
  const cut = { bytes: filled - end.offset, file: undefined as string | undefined }
  if (!readOnly) {
    for (const later of dropped) cut.file = (await drop(parts, later)) ?? cut.file
    const file = await disk.open(join(dir, segmentName(base)))
    try {
      if (cut.bytes > 0) cut.file = (await save(parts, file, base, end.offset, filled)) ?? cut.file
      if (size > end.offset) await file.truncate(end.offset)
      await rewrite(file, Math.max(0, durable - base), end.offset)
      await file.sync()
    } finally {
      await file.close()
    }
    // What is gone was copied into this segment, of which a crash may have come before its name was durable.
    if (found.removed.length > 0) await disk.syncFolder(dir)
    for (const gone of found.removed.flatMap((base) => [indexName(base), segmentName(base)])) {
      if (await disk.exists(join(dir, gone))) await disk.unlink(join(dir, gone))
    }
    await disk.syncFolder(dir)
  }
  cut.bytes += dropped.reduce((sum, later) => sum + later.filled, 0)
  if (cut.bytes > 0)
    parts.log('warn', 'The journal ended in bytes that were never acknowledged; they are cut off.', {
      segment: base,
      offset: end.offset,
      ...cut,
    })
  const last = { ...end.last!, time: found.time }
  return {
    base,
    bytes: end.offset,
    index: found.index,
    state: found.state,
    last,
    frames: end.frames,
    cutBytes: cut.bytes,
    cutFile: cut.file,
  }
}

/** Takes away a segment that was begun and never held a whole frame. */
async function drop(parts: Parts, found: Found): Promise<string | undefined> {
  if (parts.readOnly) return undefined
  const path = join(parts.dir, segmentName(found.base))
  const file = await parts.disk.open(path)
  const saved = await save(parts, file, found.base, 0, found.filled)
  await file.close()
  await parts.disk.unlink(path)
  await parts.disk.syncFolder(parts.dir)
  return saved
}

/** Copies bytes beside the segment; answers where to, or undefined when there is nothing but zeros. */
async function save(
  { disk, dir, log }: Parts,
  from: DiskFile,
  base: number,
  start: number,
  end: number,
): Promise<string | undefined> {
  const path = join(dir, cutName(base, start))
  let file: DiskFile | undefined
  try {
    await copy(from, start, end, async (bytes, at) => {
      if (file === undefined && bytes.every((byte) => byte === 0)) return
      file ??= await openEmpty(disk, path)
      await file.write([bytes], at - start)
    })
    await file?.sync()
  } catch (error) {
    if (!isNoSpace(error)) throw error
    log('error', 'There is no space to keep the bytes cut off; they are lost. They were never acknowledged.', {
      segment: base,
      offset: start,
    })
  } finally {
    await file?.close()
  }
  if (file === undefined) return undefined
  await disk.syncFolder(dir)
  return path
}

async function openEmpty(disk: Disk, path: string): Promise<DiskFile> {
  const file = await disk.open(path, { create: true })
  await file.truncate(0)
  return file
}

/** Writes bytes over themselves, so that the next sync brings them to the disk for certain. */
async function rewrite(file: DiskFile, start: number, end: number): Promise<void> {
  await copy(file, start, end, (bytes, at) => file.write([bytes], at))
}

async function copy(
  from: DiskFile,
  start: number,
  end: number,
  to: (bytes: Uint8Array, at: number) => Promise<void>,
): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(1024 * 1024, end - start)))
  let at = start
  while (at < end) {
    const count = await from.read(buffer, 0, Math.min(buffer.length, end - at), at)
    if (count === 0) return
    await to(buffer.subarray(0, count), at)
    at += count
  }
}

function damaged(dir: string, found: Found): MetrobusError {
  const { offset, fault } = found.end
  const file = join(dir, segmentName(found.base))
  return new MetrobusError('MB_JOURNAL_CORRUPT', {
    file,
    offset,
    range: found.resumesAt - offset,
    detail: fault ?? 'cut short',
  })
}
