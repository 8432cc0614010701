/** Questions of administration go through the client's own codecs: they are rare, and nothing about them has to be quick. */
import { ResponseError } from '@platformatic/kafka'
import type { Reader, Writer } from '@platformatic/kafka'
import type { Api } from '../wire.ts'

interface Codec<Words extends readonly unknown[], Answer> {
  readonly createRequest: (...words: Words) => Writer
  readonly parseResponse: (correlation: number, key: number, version: number, reader: Reader) => Answer
}

/** A question as the client writes it, of the words that its codec takes. */
export function ofClient<Words extends readonly unknown[], Answer>(
  name: string,
  key: number,
  version: number,
  { createRequest, parseResponse }: Codec<Words, Answer>,
): Api<Words, Answer> {
  return {
    name,
    key,
    version,
    encode: (_writer, words) => createRequest(...words),
    decode(reader) {
      try {
        return parseResponse(0, key, version, reader)
      } catch (error) {
        // It throws for what a broker refused, and the answer with all codes stands in the error.
        if (error instanceof ResponseError) return error['response'] as Answer
        throw error
      }
    },
  }
}
