/** NDJSON streams: one JSON document a line, the reader sets the pace, and a failure half-way is the last line. */
import { errorAnswer } from './failure.ts'

const encoder = new TextEncoder()

/** How many streams may be open at once, and the signal that ends them when the server closes. */
export interface StreamGate {
  readonly signal: AbortSignal
  /** Throws MB_TOO_MANY_STREAMS, or answers what is to be called when the stream has ended. */
  enter(): () => void
}

/** A response of the lines that `lines` gives; the signal is aborted when the reader has gone or the server closes. */
export function ndjson(gate: StreamGate, lines: (signal: AbortSignal) => AsyncGenerator<unknown>): Response {
  const leave = gate.enter()
  const gone = new AbortController()
  const generator = lines(AbortSignal.any([gate.signal, gone.signal]))
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await generator.next()
        if (done !== true) return controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`))
      } catch (error) {
        controller.enqueue(encoder.encode(`${JSON.stringify({ error: errorAnswer(error) })}\n`))
      }
      leave()
      controller.close()
    },
    async cancel() {
      gone.abort()
      leave()
      await generator.return(undefined)
    },
  })
  return new Response(body, { headers: { 'content-type': 'application/x-ndjson' } })
}
