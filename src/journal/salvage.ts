/**
 * Makes a whole journal from what is whole in a damaged one, in another folder, and lists what is lost. The damaged one is only read.
 *
 * Records keep their topic, partition, offset and time; positions and rows are those of the last whole frames. Where a unit is lost, what it settled is
 * lost too: the events that it had settled may be handled again.
 */
import { MetrobusError } from '../errors/index.ts'
import type { DiskFile } from '../internal/platform/disk.ts'
import { EntryView } from './entry.ts'
import type { Frame } from './frame.ts'
import { FrameKind } from './frame.ts'
import type { Journal } from './journal.ts'
import { Loss } from './loss.ts'
import type { Damage } from './loss.ts'
import { copiedBytes } from './maintenance.ts'
import type { StoredEntry, StoredRow } from './maintenance.ts'
import { openJournal } from './open-journal.ts'
import { readFully } from './read-fully.ts'
import type { State } from './state.ts'
import { survey } from './survey.ts'
import type { Gap, Survey, SurveyedSegment } from './survey.ts'
import { lockForTool } from './tool-lock.ts'
import { blockOf } from './unit.ts'
import type { ToolOptions } from './verify.ts'

/** Entries are written in pieces of about this size. */
const pieceBytes = 512 * 1024

/** Where to salvage to. */
export interface SalvageOptions extends ToolOptions {
  /** A folder that holds no journal yet; made when missing. */
  readonly to: string
}

/** What was saved and what was not. */
export interface SalvageReport {
  readonly entries: number
  readonly bytes: number
  readonly damages: readonly Damage[]
  /** Records that are whole but for their data, which lay in a damaged frame. */
  readonly lostData: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[]
  readonly tail: Gap | undefined
}

/** Rejects with MB_JOURNAL_MISSING, MB_JOURNAL_LOCKED, MB_JOURNAL_NEWER, and MB_SALVAGE_TARGET when `to` holds a journal. */
export async function salvageJournal(options: SalvageOptions): Promise<SalvageReport> {
  const { dir, to, platform } = options
  const { disk } = platform
  const lock = await lockForTool(disk, dir)
  try {
    if ((await disk.exists(to)) && (await disk.list(to)).some((name) => name.endsWith('.seg')))
      throw new MetrobusError('MB_SALVAGE_TARGET', { dir: to })
    const found = await survey(disk, dir)
    const { state, damages } = await fold(found)
    const journal = await openJournal({ dir: to, platform, reserveBytes: 0 }, state)
    try {
      const salvager = new Salvager(journal, state, found, options.progress)
      await found.walk(salvager)
      await salvager.flush()
      const { entries, bytes, lostData } = salvager
      return { entries, bytes, damages, lostData, tail: found.tail }
    } finally {
      await journal.close()
    }
  } finally {
    await lock.release()
  }
}

/** What the whole frames come to, and what is missing. */
async function fold(found: Survey): Promise<{ readonly state: State; readonly damages: readonly Damage[] }> {
  const loss = new Loss()
  await found.walk({
    gap: (gap) => loss.add(gap),
    frame(frame, { file, base }) {
      if (loss.apply(frame)) return
      loss.add({ file, offset: frame.position - base, bytes: frame.size, detail: 'it needs names that are lost' })
    },
  })
  loss.state.sealed.clear()
  return { state: loss.state, damages: loss.damages }
}

class Salvager {
  entries = 0
  bytes = 0
  readonly lostData: { topic: string; partition: number; offset: number }[] = []
  readonly #journal: Journal
  readonly #state: State
  readonly #total: number
  readonly #progress: NonNullable<ToolOptions['progress']>
  /** Whole frames of the present segment: offset and size. */
  readonly #frames = new Map<number, number>()
  #rows: StoredRow[] = []
  #rowBytes = 0
  #done = 0

  constructor(journal: Journal, state: State, found: Survey, progress: ToolOptions['progress'] = () => undefined) {
    this.#journal = journal
    this.#state = state
    this.#total = found.bytes
    this.#progress = progress
  }

  segment({ size }: SurveyedSegment): void {
    this.#progress(this.#done, this.#total)
    this.#done += size
    this.#frames.clear()
  }

  frame(frame: Frame, { base }: SurveyedSegment, file: DiskFile): Promise<void> | undefined {
    this.#frames.set(frame.position - base, frame.size)
    return frame.kind === FrameKind.unit || frame.kind === FrameKind.moved ? this.#take(frame, file) : undefined
  }

  async flush(): Promise<void> {
    if (this.#rows.length > 0) this.#journal.maintenance.move(this.#rows)
    this.#rows = []
    this.#rowBytes = 0
    await this.#journal.synced()
  }

  async #take(passing: Frame, file: DiskFile): Promise<void> {
    // The frame's buffer is used again for the next one.
    const buffer = Buffer.from(passing.buffer.subarray(passing.start, passing.start + passing.size))
    const frame = { ...passing, buffer, start: 0 }
    for (let index = 0; index < frame.blocks; index++) {
      const { topic: number, partition, start, count } = blockOf(frame, index)
      const topic = this.#state.topicByNumber(number)
      if (topic === undefined) continue
      const row = { topic: topic.name, partition, entries: [] as StoredEntry[], copiedTo: -1 }
      let at = start
      for (let left = count; left > 0; left--) {
        const view = new EntryView(buffer, at)
        at += view.size
        if (view.offset < topic.begins[partition]!) continue
        const data = await this.#data(view, file)
        if (data === undefined) this.lostData.push({ topic: topic.name, partition, offset: view.offset })
        else row.entries.push({ view, data })
      }
      if (row.entries.length > 0) this.#add(row)
    }
    if (this.#rowBytes >= pieceBytes) await this.flush()
  }

  #add(row: StoredRow): void {
    this.#rows.push(row)
    this.entries += row.entries.length
    for (const entry of row.entries) this.#rowBytes += copiedBytes(entry)
    this.bytes += row.entries.reduce((sum, entry) => sum + copiedBytes(entry), 0)
  }

  /** The data of an entry; undefined when it lay in a frame that is lost. */
  async #data(view: EntryView, file: DiskFile): Promise<Uint8Array | undefined> {
    const { homeFrame, homeData, dataBytes, dataStart, buffer } = view
    if (homeFrame === 0) return buffer.subarray(dataStart, dataStart + dataBytes)
    const size = this.#frames.get(homeFrame)
    if (size === undefined || homeData + dataBytes > homeFrame + size) return undefined
    const data = Buffer.alloc(dataBytes)
    return (await readFully(file, data, homeData)) === dataBytes ? data : undefined
  }
}
