/** Streams of JSON documents, one a line or as server-sent events: the reader sets the pace, and a failure half-way is the last document. */
import { errorAnswer } from './failure.ts'

const encoder = new TextEncoder()

/** How many streams may be open at once, and the signal that ends them when the server closes. */
export interface StreamGate {
  readonly signal: AbortSignal
  /** Throws MB_TOO_MANY_STREAMS, or answers what is to be called when the stream of `who` has ended. */
  enter(who: string): () => void
}

/** Turns an answer, or the error that ended the answers, into the text of a stream. */
type Form = (answer: unknown) => string

/** A response of the lines that `lines` gives; the signal is aborted when the reader has gone or the server closes. */
export function ndjson(
  gate: StreamGate,
  who: string,
  lines: (signal: AbortSignal) => AsyncGenerator<unknown>,
): Response {
  return streamed(gate, who, lines, { type: 'application/x-ndjson', form: (answer) => `${JSON.stringify(answer)}\n` })
}

/** The same as server-sent events, for a page: a browser asks again by itself when the stream breaks. */
export function serverSentEvents(
  gate: StreamGate,
  who: string,
  answers: (signal: AbortSignal) => AsyncGenerator<unknown>,
): Response {
  return streamed(gate, who, answers, {
    type: 'text/event-stream',
    form: (answer) => `data: ${JSON.stringify(answer)}\n\n`,
  })
}

function streamed(
  gate: StreamGate,
  who: string,
  answers: (signal: AbortSignal) => AsyncGenerator<unknown>,
  { type, form }: { readonly type: string; readonly form: Form },
): Response {
  const leave = gate.enter(who)
  const gone = new AbortController()
  const generator = answers(AbortSignal.any([gate.signal, gone.signal]))
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await generator.next()
        if (done !== true) return controller.enqueue(encoder.encode(form(value)))
      } catch (error) {
        controller.enqueue(encoder.encode(form({ error: errorAnswer(error) })))
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
  return new Response(body, { headers: { 'content-type': type, 'cache-control': 'no-store' } })
}
