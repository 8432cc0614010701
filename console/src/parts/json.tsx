/** Data as text, with what differs from other data marked. Text only: whatever it holds, the page shows and never runs it. */
import { useState } from 'preact/hooks'

const shownMax = 20_000

export function Json({ data, before }: { readonly data: unknown; readonly before?: unknown }) {
  const [isWhole, setWhole] = useState(false)
  const text = JSON.stringify(data, undefined, 2) ?? 'null'
  const shown = isWhole ? text : text.slice(0, shownMax)
  const old = before === undefined ? undefined : new Set(JSON.stringify(before, undefined, 2).split('\n').map(bare))
  return (
    <>
      {/* Bidirectional controls in data must not turn the lines of the page around. */}
      <pre class="json" dir="ltr" tabIndex={0} aria-label="data">
        {old === undefined
          ? shown
          : shown.split('\n').map((line, index) => (
              <span key={index} class={old.has(bare(line)) ? undefined : 'new'}>
                {`${line}\n`}
              </span>
            ))}
      </pre>
      {text.length > shown.length && (
        <button type="button" onClick={() => setWhole(true)}>
          Show all {text.length.toLocaleString('en')} characters
        </button>
      )}
    </>
  )
}

/** A line without what depends on the lines around it. */
const bare = (line: string): string => line.trim().replace(/,$/, '')
