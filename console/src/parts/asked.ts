/** A question to the app: its answer, or why there is none. Asked again when what it is about changes, and the older one is given up. */
import { useCallback, useEffect, useState } from 'preact/hooks'

export interface Asked<T> {
  readonly answer: T | undefined
  readonly error: Error | undefined
  readonly again: () => void
}

export function useAsked<T>(ask: (signal: AbortSignal) => Promise<T>, about: readonly unknown[]): Asked<T> {
  const [state, setState] = useState<{ answer?: T; error?: Error }>({})
  const [count, setCount] = useState(0)
  useEffect(() => {
    const ending = new AbortController()
    ask(ending.signal).then(
      (answer) => !ending.signal.aborted && setState({ answer }),
      (error: unknown) => {
        if (!ending.signal.aborted) setState({ error: error instanceof Error ? error : new Error(String(error)) })
      },
    )
    return () => ending.abort()
  }, [...about, count])
  const again = useCallback(() => setCount((count) => count + 1), [])
  return { answer: state.answer, error: state.error, again }
}
