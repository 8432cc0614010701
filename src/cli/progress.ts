/** The progress of long work, drawn on standard error for somebody who watches, and nowhere else. */
import type { Output } from './output.ts'

/** A bar; without a terminal it does nothing. */
export interface ProgressBar extends Disposable {
  at(done: number, total: number): void
  /** Leaves the bar as it is and goes to the next line. */
  end(): void
}

const silent: ProgressBar = { at: () => {}, end: () => {}, [Symbol.dispose]: () => {} }

/** `what` says what has been done with the things counted: `replayed`. */
export async function progressBar(output: Output, what: string): Promise<ProgressBar> {
  if (output.bar === undefined) return silent
  const { default: cliProgress } = await import('cli-progress')
  const bar = new cliProgress.SingleBar({
    stream: output.bar,
    format: `{bar} {percentage} % | {value}/{total} ${what} | {eta_formatted} left`,
    barCompleteChar: '=',
    barIncompleteChar: ' ',
    hideCursor: true,
    clearOnComplete: true,
  })
  let isShown = false
  const end = (): void => {
    if (isShown) bar.stop()
    isShown = false
  }
  return {
    at(done, total) {
      if (!isShown) bar.start(total, done)
      isShown = true
      bar.setTotal(total)
      bar.update(done)
    },
    end,
    [Symbol.dispose]: end,
  }
}
