/** Milliseconds, or the same in seconds. */
export type Duration = number | { readonly seconds: number }

/** A duration in milliseconds. */
export function toMs(duration: Duration): number {
  return typeof duration === 'object' ? duration.seconds * 1000 : duration
}
