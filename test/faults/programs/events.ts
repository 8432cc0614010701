/** The events that programs send and judges expect: each follows from its number alone. */
import type { SentEvent } from '../../../src/testing/index.ts'

const fewKeys = 12

export const keyOf = (number: number, keys: number = fewKeys): string => `key ${(number * 7) % keys}`

export const bodyOf = (number: number): string => `${number} ${'x'.repeat((number * 31) % 300)}`

export const eventOf = (number: number, keys?: number): SentEvent => ({
  number,
  key: keyOf(number, keys),
  body: bodyOf(number),
})

/** All events up to a number. */
export const eventsTo = (last: number, keys?: number): readonly SentEvent[] =>
  Array.from({ length: last }, (_, index) => eventOf(index + 1, keys))
