/** Data as text. Text only: whatever it holds, the page shows and never runs it. */
import { useState } from 'preact/hooks'

const shownMax = 20_000

export function Json({ data, label = 'data' }: { readonly data: unknown; readonly label?: string }) {
  return <Text text={JSON.stringify(data, undefined, 2) ?? 'null'} label={label} />
}

/** A text of any length: it is cut until the rest is asked for. */
export function Text({ text, label }: { readonly text: string; readonly label: string }) {
  const [isWhole, setWhole] = useState(false)
  return (
    <>
      {/* Bidirectional controls in data must not turn the lines of the page around. */}
      <pre class="json" dir="ltr" tabIndex={0} role="group" aria-label={label}>
        {isWhole ? text : text.slice(0, shownMax)}
      </pre>
      {!isWhole && text.length > shownMax && (
        <button type="button" onClick={() => setWhole(true)}>
          Show all {text.length.toLocaleString('en')} characters
        </button>
      )}
    </>
  )
}

/** As it lies on the bus, with every character that cannot be seen, or that turns others around, written as an escape. */
export const rawOf = (data: unknown): string =>
  (JSON.stringify(data) ?? 'null').replace(/\p{Cf}|\p{Cc}|\p{Zl}|\p{Zp}|(?! )\p{Zs}/gu, (character) =>
    [...character.matchAll(/[^]/g)].map(([unit]) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  )
