/** An act of an operator: one at a time, and what came of it in words. */
import { useState } from 'preact/hooks'

export interface Said {
  readonly words: string
  readonly isFault: boolean
}

export interface Acting {
  readonly isBusy: boolean
  readonly said: Said | undefined
  /** Undefined takes back what was said. */
  readonly say: (words?: string) => void
  /** Is busy until it has ended, and says why it could not be done. */
  readonly run: (act: Promise<void>) => void
}

export function useAct(): Acting {
  const [said, setSaid] = useState<Said>()
  const [isBusy, setBusy] = useState(false)
  const say = (words?: string): void => setSaid(words === undefined ? undefined : { words, isFault: false })
  const run = (act: Promise<void>): void => {
    setBusy(true)
    void act.catch((error: Error) => setSaid({ words: error.message, isFault: true })).finally(() => setBusy(false))
  }
  return { isBusy, said, say, run }
}

export function Spoken({ said }: { readonly said: Said | undefined }) {
  if (said === undefined) return null
  return (
    <output class={said.isFault ? 'fault' : 'soft'} role={said.isFault ? 'alert' : 'status'}>
      {said.words}
    </output>
  )
}
