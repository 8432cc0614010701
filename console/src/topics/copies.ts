/** A record in the forms that it is taken elsewhere in. */
import type { RecordAnswer } from '../api.ts'

/** Asks for the record again. */
export const curlOf = ({ topic, partition, offset }: RecordAnswer): string =>
  `curl '${new URL(`v1/topics/${encodeURIComponent(topic)}/records`, document.baseURI).href}?partition=${partition}&offset=${offset}&count=1'`

/** The event as a step of a test: `given(stop)` or `given(app)` stands before it. */
export function fixtureOf({ id, key, headers, data }: RecordAnswer): string {
  const own = Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(traceparent|tracestate|__metrobus\.)/.test(name)),
  )
  const options = { id, ...(key !== null && { key }), ...(Object.keys(own).length > 0 && { headers: own }) }
  return `.when(${JSON.stringify(data, undefined, 2)}, ${JSON.stringify(options)})`
}

/** Hands a text over as a file. */
export function download(name: string, parts: string[]): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob(parts, { type: 'application/x-ndjson' }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
