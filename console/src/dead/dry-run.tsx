/** What a dead letter would come to on the current code. */
import type { DryRun } from '../api.ts'
import { Json } from '../parts/json.tsx'

export function DryRunAnswer({ tried: { ran, issues, outcome, sends, reports, error } }: { readonly tried: DryRun }) {
  return (
    <section class="child" role="status" aria-label="tried">
      <p>
        {ran ? (
          <>
            On the current code it would come to <strong>{outcome}</strong>. Nothing was written.
          </>
        ) : issues.length > 0 ? (
          'The data does not fit its stop:'
        ) : (
          'The data fits. Its stop has outside effects or stores, so it was not run.'
        )}
      </p>
      <Lines of={issues} />
      {error !== null && (
        <p class="fault">
          {error.code}: <bdi>{error.message}</bdi>
        </p>
      )}
      {sends.map(({ topic, key, data }, index) => (
        <div key={index}>
          <h3>
            To {topic}, key <bdi>{key ?? '—'}</bdi>
          </h3>
          <Json data={data} label={`to ${topic}`} />
        </div>
      ))}
      {reports.length > 0 && <p>To the error log:</p>}
      <Lines of={reports} />
    </section>
  )
}

function Lines({ of }: { readonly of: readonly string[] }) {
  if (of.length === 0) return null
  return (
    <ul>
      {of.map((line, index) => (
        <li key={index}>
          <bdi>{line}</bdi>
        </li>
      ))}
    </ul>
  )
}
