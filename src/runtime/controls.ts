/** What operators do to an app while it runs, as code, the admin API and the command line use it. */

/** Something that can be held back: a stop, every stop that a line passes, or an entry. */
export interface Pausable {
  readonly kind: 'stop' | 'line' | 'entry'
  readonly name: string
}

/** Something that is held back. */
export interface Pause extends Pausable {
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly reason?: string
}

/** What became of a pause or of its end. */
export interface PauseEffect {
  /** False when it was so already. */
  readonly changed: boolean
  /** The stops that it is about, as they are now. What is in flight ends; nothing new begins at a paused stop. */
  readonly stops: readonly { readonly stop: string; readonly state: 'running' | 'paused'; readonly inFlight: number }[]
  /** Lines beside the one that was named whose events pass a stop of these, and wait there as well. */
  readonly otherLines: readonly string[]
}

/** How much of a stop runs at once. */
export interface LimitSettings {
  /** Events a partition. */
  readonly concurrency: number
  /** In the order of the code: so many events of one value at once, or so many a second. */
  readonly limits: readonly { readonly limit?: number; readonly rate?: number }[]
}

/** The limits of a stop as they hold now, and as its code declares them. */
export interface StopLimits extends LimitSettings {
  readonly stop: string
  readonly declared: LimitSettings
}

/** What is to be otherwise; what is not named stays. `at` counts the limits of the stop from 0. */
export interface LimitChange {
  readonly concurrency?: number
  readonly limits?: readonly { readonly at: number; readonly limit?: number; readonly rate?: number }[]
}

/** Where the group of an app is to go on reading for one of its stops. */
export interface SeekRequest {
  /** As statistics name it; `entry.<name>` for an entry that reads a topic. */
  readonly stop: string
  /** Default: all. */
  readonly partition?: number
  readonly to: 'beginning' | 'end' | { readonly offset: number } | { readonly timeMs: number }
  /**
   * What becomes of events that are parked: `keep` handles them as ever, before what is read again of their keys; `discard` passes them by unhandled. Default: a seek is
   * refused while there are any.
   */
  readonly parked?: 'keep' | 'discard'
}

/** What a seek does, or would do. */
export interface SeekPlan {
  readonly stop: string
  readonly topic: string
  readonly partitions: readonly {
    readonly partition: number
    readonly from: number
    readonly to: number
    /** Events that were settled and are handled again. */
    readonly again: number
    /** Events that were not settled and never will be handled. */
    readonly skipped: number
  }[]
  readonly parked: { readonly keys: number; readonly events: number }
}

/** What operators do to a running app. Every act is durable when its promise resolves, and holds after a restart. */
export interface Controls {
  /** What is paused, oldest first. */
  paused(): readonly Pause[]
  /**
   * Holds a stop, the stops of a line, or an entry back. Events wait in the log in the order of their keys, and nothing is lost; of a paused entry senders are refused with
   * MB_ENTRY_PAUSED and sources wait. Throws MB_NOT_FOUND.
   */
  pause(target: Pausable, options?: { readonly reason?: string }): Promise<PauseEffect>
  /** Lets it go on. A stop goes on when neither it nor a line that passes it is paused any more. Throws MB_NOT_FOUND. */
  resume(target: Pausable): Promise<PauseEffect>
  /** Of every stop. */
  limits(): readonly StopLimits[]
  /**
   * Changes the concurrency of a stop and its limits, from the next event on; `'declared'` goes back to what the code says. It holds until the code says something else. Limits count in each process
   * by itself. Throws MB_NOT_FOUND, and MB_BAD_OPTIONS with every fault.
   */
  limit(stop: string, change: LimitChange | 'declared'): Promise<StopLimits>
  /** What a seek would do. Throws MB_NOT_FOUND. */
  planSeek(request: SeekRequest): Promise<SeekPlan>
  /**
   * Moves the app's position at a stop: what runs there ends, the partitions are taken back, moved, and read on from there. Throws MB_NOT_FOUND, MB_SEEK_PARKED, MB_SEEK_UNSUPPORTED where the bus cannot
   * while the app runs, and MB_TIMED_OUT when what runs does not end within 30 s; then nothing was moved.
   */
  seek(request: SeekRequest): Promise<SeekPlan>
}
