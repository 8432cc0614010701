/** The events that programs send and judges expect: each follows from its number alone. */
import type { SentEvent } from '../../../src/testing/index.ts'

const keys = 12

export const keyOf = (number: number): string => `key ${(number * 7) % keys}`

export const bodyOf = (number: number): string => `${number} ${'x'.repeat((number * 31) % 300)}`

export const eventOf = (number: number): SentEvent => ({ number, key: keyOf(number), body: bodyOf(number) })

/** All events up to a number. */
export const eventsTo = (last: number): readonly SentEvent[] =>
  Array.from({ length: last }, (_, index) => eventOf(index + 1))
