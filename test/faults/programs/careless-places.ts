/** What a handler leaves behind when it returns, and how that fails. The first ones leave the app running; the others end the process. */

export const survivable = [
  'reject',
  'reject-later',
  'reject-deep',
  'emit-later',
  'emit-twice',
  'emit-in-timer-caught',
] as const
export const deadly = ['timer', 'immediate', 'tick', 'microtask', 'emitter'] as const
export type Variant = (typeof survivable)[number] | (typeof deadly)[number]

export interface CarelessLife {
  /** What the handler leaves behind for event 1, 2, 3, ... */
  readonly variants: readonly Variant[]
  /** How long after it has returned, in milliseconds. */
  readonly afterMs: number
}

/** Entries in the error log that a variant brings. */
export const entriesOf = (variant: Variant): number =>
  variant === 'emit-in-timer-caught' ? 0 : variant === 'emit-twice' ? 2 : 1
