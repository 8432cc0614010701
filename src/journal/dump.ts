import type { Acknowledgement } from '../event/unit.ts'
import type { StateChange } from '../event/unit.ts'
/** Every frame of a journal as an object that people and programs can read. Changes nothing; damage is one of the objects. */
import type { Disk } from '../internal/platform/disk.ts'
import { decodeEntry, EntryView } from './entry.ts'
import { FrameKind } from './frame.ts'
import type { Frame } from './frame.ts'
import { Loss } from './loss.ts'
import { payloadOf } from './state.ts'
import type { State } from './state.ts'
import { survey } from './survey.ts'
import type { Gap, SurveyedSegment } from './survey.ts'
import { withLock } from './tool-lock.ts'
import { acksOf, blockOf, changesOf, groupOf } from './unit.ts'
import type { ToolOptions } from './verify.ts'

/** A frame, or damage. */
export type DumpLine = DumpedFrame | DumpedDamage

/** What could not be read. */
export interface DumpedDamage extends Gap {
  readonly kind: 'damage'
}

/** A frame and what is in it. */
export interface DumpedFrame {
  readonly kind: keyof typeof FrameKind
  readonly file: string
  /** In the file. */
  readonly offset: number
  readonly bytes: number
  readonly sequence: number
  readonly time: number
  readonly durable: number
  /** Of a unit. */
  readonly group?: string
  readonly entries?: readonly DumpedEntry[]
  readonly acknowledgements?: readonly Acknowledgement[]
  readonly changes?: readonly StateChange[]
  /** Of the other kinds. */
  readonly payload?: unknown
}

/** One record. */
export interface DumpedEntry {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly time: number
  readonly ride: string
  readonly hop: number
  readonly type: string
  readonly key: string | null
  readonly headers: { readonly [name: string]: string }
  readonly slip: string
  readonly dataBytes: number
  /** The data as JSON text, when it lies in this frame and was asked for. */
  readonly data?: string
  /** Offset in the file of the data, when it lies in an earlier frame of the segment. */
  readonly dataAt?: number
}

/**
 * Hands every frame to `line`, in order; `data` adds the records' data. Rejects as `verifyJournal` does.
 */
export function dumpJournal(
  { dir, platform, data = false }: ToolOptions & { readonly data?: boolean },
  line: (line: DumpLine) => Promise<void> | undefined | void,
): Promise<void> {
  return withLock(platform.disk, dir, () => dump(platform.disk, dir, data, line))
}

async function dump(
  disk: Disk,
  dir: string,
  data: boolean,
  line: (line: DumpLine) => Promise<void> | undefined | void,
): Promise<void> {
  const found = await survey(disk, dir)
  const loss = new Loss()
  await found.walk({
    gap: (gap) => line({ kind: 'damage', ...gap }),
    frame(frame, segment) {
      const isKnown = loss.apply(frame)
      if (isKnown) return line(describe(frame, segment, loss.state, data))
      return line({ kind: 'damage', ...placeOfFrame(frame, segment), detail: 'it needs names that are lost' })
    },
  })
  if (found.tail !== undefined) await line({ kind: 'damage', ...found.tail, detail: `torn tail: ${found.tail.detail}` })
}

const placeOfFrame = (frame: Frame, segment: SurveyedSegment): Omit<Gap, 'detail'> => ({
  file: segment.file,
  offset: frame.position - segment.base,
  bytes: frame.size,
})

function describe(frame: Frame, segment: SurveyedSegment, state: State, data: boolean): DumpedFrame {
  const { sequence, time, durable } = frame
  const kind = (Object.keys(FrameKind) as (keyof typeof FrameKind)[]).find((name) => FrameKind[name] === frame.kind)!
  const common = { kind, ...placeOfFrame(frame, segment), sequence, time, durable }
  switch (kind) {
    case 'unit':
      return {
        ...common,
        group: state.groupByNumber(groupOf(frame))!.name,
        entries: entriesOf(frame, state, data),
        acknowledgements: acksOf(frame).map(({ topic, ...ack }) => ({
          topic: state.topicByNumber(topic)!.name,
          ...ack,
        })),
        changes: changesOf(frame),
      }
    case 'moved':
      return { ...common, entries: entriesOf(frame, state, data) }
    case 'seal':
      return common
    default:
      return { ...common, payload: payloadOf(frame) }
  }
}

function entriesOf(frame: Frame, state: State, data: boolean): readonly DumpedEntry[] {
  const entries: DumpedEntry[] = []
  for (let index = 0; index < frame.blocks; index++) {
    const { topic, partition, start, count } = blockOf(frame, index)
    const name = state.topicByNumber(topic)!.name
    let at = start
    for (let left = count; left > 0; left--) {
      const entry = new EntryView(frame.buffer, at)
      at += entry.size
      entries.push(describeEntry(entry, name, partition, data))
    }
  }
  return entries
}

function describeEntry(entry: EntryView, topic: string, partition: number, data: boolean): DumpedEntry {
  const { ride, hop, type, key, headers, slip } = decodeEntry(entry, Buffer.alloc(0), undefined)
  const { offset, appendedAt: time, dataBytes, homeFrame, homeData } = entry
  const common = { topic, partition, offset, time, ride, hop, type, key, headers, slip, dataBytes }
  if (homeFrame !== 0) return { ...common, dataAt: homeData }
  const text = data ? entry.buffer.toString('utf8', entry.dataStart, entry.dataStart + dataBytes) : undefined
  return { ...common, ...(text !== undefined && { data: text }) }
}
