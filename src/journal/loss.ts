/**
 * Folds the whole frames of a journal that may be damaged, and tells what the damage took: a partition's offsets are given without a gap, so those that
 * are missing between two frames are lost.
 */
import { FrameKind } from './frame.ts'
import type { Frame } from './frame.ts'
import { payloadOf, placeOf, State } from './state.ts'
import type { StateSnapshot } from './state.ts'
import type { Gap } from './survey.ts'
import { acksOf, blockOf, groupOf } from './unit.ts'

/** Damage, and the events that went with it. */
export interface Damage extends Gap {
  /** Offsets that are gone; empty when the damage took none, or only copies whose offsets cannot be told. */
  readonly lost: readonly LostRange[]
}

/** Offsets `from` up to, not including, `to`. */
export interface LostRange {
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly to: number
}

export class Loss {
  readonly state: State = new State()
  readonly #damages: (Gap & { readonly lost: LostRange[] })[] = []
  /** By place: the offset that the next entry has when none is missing. */
  readonly #next = new Map<number, number>()

  /** Takes damage; the offsets that turn out to be missing next are put down to it. */
  add(gap: Gap): void {
    this.#damages.push({ ...gap, lost: [] })
  }

  /** Takes the next whole frame; false when it cannot be used, because the names that it needs are lost. */
  apply(frame: Frame): boolean {
    if (frame.kind === FrameKind.state) this.#resume(payloadOf(frame) as StateSnapshot)
    if (!this.#isKnown(frame)) return false
    if (frame.kind === FrameKind.unit) this.#follow(frame)
    this.state.apply(frame)
    return true
  }

  /** Every damage, without what retention has given up since. */
  get damages(): readonly Damage[] {
    return this.#damages.map((damage) => ({
      ...damage,
      lost: damage.lost
        .map((range) => ({
          ...range,
          from: Math.max(range.from, this.state.topics.get(range.topic)?.begins[range.partition] ?? 0),
        }))
        .filter(({ from, to }) => from < to),
    }))
  }

  #isKnown(frame: Frame): boolean {
    if (frame.kind !== FrameKind.unit && frame.kind !== FrameKind.moved) return true
    for (let index = 0; index < frame.blocks; index++)
      if (this.state.topicByNumber(blockOf(frame, index).topic) === undefined) return false
    if (frame.kind === FrameKind.moved) return true
    return (
      this.state.groupByNumber(groupOf(frame)) !== undefined &&
      acksOf(frame).every(({ topic }) => this.state.topicByNumber(topic) !== undefined)
    )
  }

  #follow(frame: Frame): void {
    for (let index = 0; index < frame.blocks; index++) {
      const { topic, partition, first, last } = blockOf(frame, index)
      this.#missing(topic, partition, this.state.topicByNumber(topic)!.name, first)
      this.#next.set(placeOf(topic, partition), last + 1)
    }
  }

  #resume({ topics }: StateSnapshot): void {
    for (const { number, name, ends } of topics)
      for (const [partition, end] of ends.entries()) {
        this.#missing(number, partition, name, end)
        this.#next.set(placeOf(number, partition), end)
      }
  }

  #missing(topic: number, partition: number, name: string, to: number): void {
    const from = this.#next.get(placeOf(topic, partition)) ?? (this.#damages.length === 0 ? to : 0)
    if (from < to) this.#damages.at(-1)?.lost.push({ topic: name, partition, from, to })
  }
}
