/** Milliseconds, or the same in seconds or days. */
export type Duration = number | { readonly seconds: number } | { readonly days: number }

/** A duration in milliseconds. */
export function toMs(duration: Duration): number {
  if (typeof duration !== 'object') return duration
  return 'days' in duration ? duration.days * 86_400_000 : duration.seconds * 1000
}
