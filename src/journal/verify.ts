/** Reads every byte of a journal and says what is not as it should be. Changes nothing. */
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Disk } from '../internal/platform/disk.ts'
import type { Platform } from '../internal/platform/platform.ts'
import { EntryView } from './entry.ts'
import { FrameKind } from './frame.ts'
import type { Frame } from './frame.ts'
import { readIndex } from './index-file.ts'
import { Loss } from './loss.ts'
import type { Damage } from './loss.ts'
import { segmentHeaderBytes, indexName } from './segment-file.ts'
import { SegmentIndex } from './segment-index.ts'
import { payloadOf } from './state.ts'
import { survey } from './survey.ts'
import type { Gap, Survey, SurveyedSegment } from './survey.ts'
import { withLock } from './tool-lock.ts'
import { blockOf } from './unit.ts'

/** Which journal, and who is told how far the work is. */
export interface ToolOptions {
  readonly dir: string
  readonly platform: Platform
  /** Told bytes done and bytes in all, now and then. Default: nobody. */
  readonly progress?: (done: number, total: number) => void
}

/** What a journal holds, and what is wrong with it. */
export interface VerifyReport {
  readonly segments: number
  readonly bytes: number
  readonly frames: number
  readonly entries: number
  /** None when the journal is whole. */
  readonly damages: readonly Damage[]
  /** What a crash left behind the end. Not damage: it was never acknowledged, and opening cuts it off. */
  readonly tail: Gap | undefined
  /** Index files that are missing or do not fit. Not damage: they are made again. */
  readonly indexes: readonly string[]
}

/**
 * Checks every frame, its checksum, place and chain; every reference to shared data; that the state at the head of each segment is what the frames before it
 * come to; and every index. Rejects with MB_JOURNAL_MISSING, MB_JOURNAL_LOCKED, MB_JOURNAL_NEWER.
 */
export function verifyJournal({ dir, platform, progress }: ToolOptions): Promise<VerifyReport> {
  return withLock(platform.disk, dir, async () => {
    const found = await survey(platform.disk, dir)
    const verifier = new Verifier(found, progress)
    await found.walk(verifier)
    return verifier.report(await staleIndexes(platform.disk, dir, verifier.indexes, verifier.last))
  })
}

class Verifier {
  readonly indexes = new Map<SurveyedSegment, SegmentIndex>()
  last: SurveyedSegment | undefined
  readonly #survey: Survey
  readonly #progress: NonNullable<ToolOptions['progress']>
  readonly #loss = new Loss()
  /** What is whole by itself and does not fit the rest. */
  readonly #misfits: Damage[] = []
  /** Whole frames of the present segment: offset and size. */
  readonly #frames = new Map<number, number>()
  /** The present segment begins where the one before it ends; else one between them was given up, or is missing. */
  #follows = false
  #count = { segments: 0, frames: 0, entries: 0, done: 0 }

  constructor(survey: Survey, progress: ToolOptions['progress'] = () => undefined) {
    this.#survey = survey
    this.#progress = progress
  }

  segment(segment: SurveyedSegment): void {
    const before = this.last
    if (before !== undefined) this.#count.done += before.size
    this.#progress(this.#count.done, this.#survey.bytes)
    if (before !== undefined && segment.header !== undefined && segment.base < before.base + before.size)
      this.#damage(segment, 0, segmentHeaderBytes, 'it begins before the segment before it ends')
    this.#follows = before !== undefined && segment.base === before.base + before.size
    this.last = segment
    this.#count.segments++
    this.#frames.clear()
    this.indexes.set(segment, new SegmentIndex())
  }

  gap(gap: Gap): void {
    this.#loss.add(gap)
  }

  frame(frame: Frame, segment: SurveyedSegment): void {
    const offset = frame.position - segment.base
    this.#count.frames++
    this.#frames.set(offset, frame.size)
    if (frame.kind === FrameKind.state) this.#checkState(frame, segment, offset)
    if (!this.#loss.apply(frame)) this.#damage(segment, offset, frame.size, 'it needs names that are lost')
    this.indexes.get(segment)!.add(frame, offset)
    this.#checkEntries(frame, segment, offset)
  }

  report(indexes: readonly string[]): VerifyReport {
    const { segments, frames, entries } = this.#count
    this.#progress(this.#survey.bytes, this.#survey.bytes)
    const { bytes, tail } = this.#survey
    return { segments, bytes, frames, entries, damages: [...this.#loss.damages, ...this.#misfits], tail, indexes }
  }

  /** The state at the head of a segment must be what is folded, unless a part of that was given up, or damage has taken it. */
  #checkState(frame: Frame, segment: SurveyedSegment, offset: number): void {
    if (!this.#follows || this.#loss.damages.length > 0) return
    const folded = JSON.parse(JSON.stringify(this.#loss.state.snapshot())) as { segments?: unknown }
    const stored = payloadOf(frame) as { segments?: unknown }
    // Which segments are sealed is no frame's to tell.
    if (!isDeepStrictEqual({ ...folded, segments: 0 }, { ...stored, segments: 0 }))
      this.#damage(segment, offset, frame.size, 'the state is not what the frames before it come to')
  }

  #checkEntries(frame: Frame, segment: SurveyedSegment, offset: number): void {
    if (frame.kind !== FrameKind.unit && frame.kind !== FrameKind.moved) return
    for (let index = 0; index < frame.blocks; index++) {
      const block = blockOf(frame, index)
      let at = block.start
      for (let left = block.count; left > 0; left--) {
        const entry = new EntryView(frame.buffer, at)
        at += entry.size
        this.#count.entries++
        const home = entry.homeFrame
        const size = this.#frames.get(home) ?? 0
        if (home !== 0 && entry.homeData + entry.dataBytes > home + size)
          this.#damage(segment, offset, frame.size, `its data lay in the frame at byte ${home}, which is lost`)
      }
    }
  }

  #damage({ file }: SurveyedSegment, offset: number, bytes: number, detail: string): void {
    this.#misfits.push({ file, offset, bytes, detail, lost: [] })
  }
}

/** Names of the index files that are not what the segments come to. The last segment needs none. */
async function staleIndexes(
  disk: Disk,
  dir: string,
  indexes: ReadonlyMap<SurveyedSegment, SegmentIndex>,
  last: SurveyedSegment | undefined,
): Promise<readonly string[]> {
  const stale: string[] = []
  for (const [segment, made] of indexes) {
    if (segment === last) continue
    const path = join(dir, indexName(segment.base))
    const stored = (await disk.exists(path)) ? await readStored(disk, path, segment) : undefined
    if (stored === undefined || !isDeepStrictEqual(factsOf(stored), factsOf(made))) stale.push(path)
  }
  return stale
}

async function readStored(
  disk: Disk,
  path: string,
  { base, size }: SurveyedSegment,
): Promise<SegmentIndex | undefined> {
  const file = await disk.open(path, { readOnly: true })
  try {
    return (await readIndex(file, base, size))?.index
  } finally {
    await file.close()
  }
}

const factsOf = ({ chunkStarts, rows, contents }: SegmentIndex): unknown => ({ chunkStarts, rows, contents })
