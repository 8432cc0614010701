/** Copies a text, and says that it has. What is to be copied may have to be asked for first. */
import { useState } from 'preact/hooks'

export function Copy({ label, text }: { readonly label: string; readonly text: () => string | Promise<string> }) {
  const [said, setSaid] = useState('')
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(await text())
    setSaid('copied')
  }
  return (
    <span>
      <button type="button" onClick={() => void copy().catch((error: Error) => setSaid(error.message))}>
        {label}
      </button>{' '}
      <output class="soft">{said}</output>
    </span>
  )
}
