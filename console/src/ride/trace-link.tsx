/** The trace that a ride is, and where it is looked at when the console was told. */
import { api } from '../api.ts'
import { useAsked } from '../parts/asked.ts'

export function TraceLink({ headers }: { readonly headers: Readonly<Record<string, string>> | undefined }) {
  const { answer } = useAsked(() => api.settings(), [])
  const trace = /^[\da-f]{2}-([\da-f]{32})-/.exec(headers?.['traceparent'] ?? '')?.[1]
  if (trace === undefined) return null
  const { traceUrl = null } = answer ?? {}
  return (
    <div>
      <dt>Trace</dt>
      <dd>
        {traceUrl === null ? (
          <code>{trace}</code>
        ) : (
          <a href={traceUrl.replaceAll('{trace}', trace)} rel="noreferrer">
            {trace}
          </a>
        )}
      </dd>
    </div>
  )
}
