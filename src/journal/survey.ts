/**
 * Walks the files of a journal that may be damaged, from the first whole frame to the last, and writes nothing. For tools: a journal that is to be
 * used is opened by `openJournal`, which refuses damage.
 *
 * What is damage and what is the torn tail of a crash is told apart as recovery does (`recovery.ts`): a fault at or above everything that some whole
 * frame, or the checkpoint, says was durable ends the journal; below it, it is damage, and the journal goes on behind it.
 */
import { join } from 'node:path'
import { MetrobusError } from '../errors/index.ts'
import type { Disk, DiskFile } from '../internal/platform/disk.ts'
import { readCheckpoint } from './checkpoint.ts'
import { FrameKind } from './frame.ts'
import type { Frame } from './frame.ts'
import { readHeader } from './recovery.ts'
import { filledUpTo, findFrames, scanFrames } from './scan.ts'
import { baseOfName, segmentHeaderBytes, segmentName } from './segment-file.ts'
import type { SegmentHeader } from './segment-file.ts'
import { payloadOf } from './state.ts'
import type { StateSnapshot, Trim } from './state.ts'

/** A stretch of a segment file that holds no whole frame that fits. */
export interface Gap {
  readonly file: string
  /** In the file. */
  readonly offset: number
  readonly bytes: number
  readonly detail: string
}

/** A segment file. */
export interface SurveyedSegment {
  readonly base: number
  readonly file: string
  readonly size: number
  /** Undefined when it is damaged. */
  readonly header: SegmentHeader | undefined
}

/** What is met on the way, in order; what answers a promise is waited for. A frame is valid until the promise that `frame` answers is resolved. */
export interface Visitor {
  segment?(segment: SurveyedSegment): void
  frame?(frame: Frame, segment: SurveyedSegment, file: DiskFile): Promise<void> | undefined | void
  gap?(gap: Gap, base: number): Promise<void> | undefined | void
}

/** The journal in a folder, as it lies there. */
export class Survey {
  readonly #disk: Disk
  readonly #dir: string
  readonly #bases: readonly number[]
  /** Bytes that the log says the sealed segments have, by base. */
  readonly #sealed: ReadonlyMap<number, number>
  /** Bytes of all segment files. */
  readonly bytes: number
  /** Everything below was known durable. */
  readonly durable: number
  /** Where the journal ends: behind its last whole frame, or where its torn tail begins. */
  readonly end: number
  /** What a crash left behind the end; undefined when nothing. */
  readonly tail: Gap | undefined

  constructor(parts: {
    readonly disk: Disk
    readonly dir: string
    readonly bases: readonly number[]
    readonly sealed: ReadonlyMap<number, number>
    readonly bytes: number
    readonly durable: number
    readonly end: number
    readonly tail: Gap | undefined
  }) {
    this.#disk = parts.disk
    this.#dir = parts.dir
    this.#bases = parts.bases
    this.#sealed = parts.sealed
    this.bytes = parts.bytes
    this.durable = parts.durable
    this.end = parts.end
    this.tail = parts.tail
  }

  /** Visits everything up to the end, and what should be there and is not. */
  async walk(visitor: Visitor): Promise<void> {
    const bases = new Set([...this.#bases, ...this.#sealed.keys()])
    for (const base of [...bases].toSorted((a, b) => a - b)) {
      if (base >= this.end) return
      const expected = this.#sealed.get(base) ?? 0
      const size = this.#bases.includes(base) ? await walkSegment(this.#disk, this.#dir, base, this.end, visitor) : 0
      const gap = { file: join(this.#dir, segmentName(base)), offset: size, bytes: expected - size }
      if (size < expected) await visitor.gap?.({ ...gap, detail: size === 0 ? 'missing' : 'cut short' }, base)
    }
  }
}

/** Looks at every frame once, to learn where the journal ends. Rejects with MB_JOURNAL_MISSING when the folder holds no segment. */
export async function survey(disk: Disk, dir: string): Promise<Survey> {
  const names = (await disk.exists(dir)) ? await disk.list(dir) : []
  const bases = names.map(baseOfName).filter((base) => base !== undefined)
  if (bases.length === 0) throw new MetrobusError('MB_JOURNAL_MISSING', { dir })
  let durable = (await readCheckpoint(disk, dir))?.durable ?? 0
  let bytes = 0
  let end = 0
  let sealed = new Map<number, number>()
  const gaps: (Gap & { readonly position: number })[] = []
  const visitor: Visitor = {
    segment: ({ base, header, size }) => {
      bytes += size
      if (header !== undefined) durable = Math.max(durable, base)
    },
    frame: (frame) => {
      durable = Math.max(durable, frame.durable)
      end = frame.position + frame.size
      if (frame.kind === FrameKind.state) sealed = new Map((payloadOf(frame) as StateSnapshot).segments)
      if (frame.kind === FrameKind.trim) for (const base of (payloadOf(frame) as Trim).removed) sealed.delete(base)
    },
    gap: (gap, base) => void gaps.push({ ...gap, position: base + gap.offset }),
  }
  for (const base of bases) await walkSegment(disk, dir, base, Infinity, visitor)
  const ending = gaps.find(({ position }) => position >= durable)
  const tail = ending === undefined ? undefined : await withoutZeros(disk, ending)
  return new Survey({ disk, dir, bases, sealed, bytes, durable, end: ending?.position ?? end, tail })
}

/** A crash leaves the zeros at the end of a file that were set ahead: they are nothing. */
async function withoutZeros(disk: Disk, gap: Gap): Promise<Gap | undefined> {
  const { file: path, offset, detail } = gap
  const file = await disk.open(path, { readOnly: true })
  try {
    const bytes = (await filledUpTo(file, offset, offset + gap.bytes)) - offset
    return bytes === 0 ? undefined : { file: path, offset, bytes, detail }
  } finally {
    await file.close()
  }
}

/** Answers the size of the file. */
async function walkSegment(disk: Disk, dir: string, base: number, limit: number, visitor: Visitor): Promise<number> {
  const path = join(dir, segmentName(base))
  const file = await disk.open(path, { readOnly: true })
  try {
    const size = await file.size()
    const header = await readHeader(file, path, base)
    const segment = { base, file: path, size, header }
    visitor.segment?.(segment)
    if (header === undefined)
      await visitor.gap?.(
        { file: path, offset: 0, bytes: Math.min(size, segmentHeaderBytes), detail: 'no header' },
        base,
      )
    const to = Math.min(size, limit - base)
    let before = header === undefined ? undefined : { sequence: header.sequence - 1, crc: header.chain }
    for (let from = segmentHeaderBytes; from < to;) {
      const range = { base, from, to, ...(before && { before }) }
      const { offset, fault } = await scanFrames(file, range, (frame) => visitor.frame?.(frame, segment, file))
      if (fault === undefined) break
      from = await nextFrame(file, base, offset + 1, to)
      before = undefined
      await visitor.gap?.({ file: path, offset, bytes: from - offset, detail: fault }, base)
    }
    return size
  } finally {
    await file.close()
  }
}

/** Where the next whole frame begins; `to` when there is none. */
async function nextFrame(file: DiskFile, base: number, from: number, to: number): Promise<number> {
  let next = to
  await findFrames(file, { base, from, to }, (_frame, offset) => {
    next = offset
    return true
  })
  return next
}
