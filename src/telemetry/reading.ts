/** What was measured, as exporters take it: signals with their points. Plain data, made anew for each look. */
import type { Signal } from './signals.ts'

export type Labels = Readonly<Record<string, string>>

/** A histogram at one moment: `counts` per bound and one above all, not added up. */
export interface Distribution {
  readonly bounds: readonly number[]
  readonly counts: Readonly<ArrayLike<number>>
  readonly sum: number
  readonly count: number
}

/** A summary at one moment. */
export interface Quantiles {
  /** Share from 0 to 1, and the value that so many lie at or below; NaN when there were none lately. */
  readonly quantiles: readonly (readonly [share: number, value: number])[]
  readonly sum: number
  readonly count: number
}

/** One time series at one moment. */
export interface Point {
  readonly labels: Labels
  readonly value: number | Distribution | Quantiles
}

/** A signal with all its points. */
export interface Reading {
  readonly signal: Signal
  readonly points: readonly Point[]
}
