/** Waiting between two looks. */
import type { Clock } from '../internal/platform/platform.ts'

/** Resolves when the time has passed or the signal comes, and leaves nothing behind at either. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = clock.timer(delayMs, end)
    signal.addEventListener('abort', end)
  })
}
