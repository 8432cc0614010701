/** What a test expected and did not find, as an error that every test runner knows how to show. */
import { AssertionError } from 'node:assert'
import { isDeepStrictEqual } from 'node:util'
import { isOutcome, outcomeKind } from '../../stop/outcome.ts'

/** Where in the test an expectation stands: it is checked later, and its error should still point there. */
export interface Site {
  readonly stack?: string
}

/** The place that called the caller. */
export function siteHere(): Site {
  const site: Site = {}
  Error.captureStackTrace(site, siteHere)
  return site
}

/** Throws an `AssertionError` with the story below what was expected and found. */
export function fail(site: Site, message: string, expected: unknown, actual: unknown, story: string): never {
  const error = new AssertionError({
    message: `${message}\n\nwhat happened:\n${story}\n`,
    expected,
    actual,
    operator: 'given',
  })
  // Below the first line and the kit's own frame.
  const frames = site.stack?.split('\n').slice(2) ?? []
  error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n')
  throw error
}

/**
 * Whether an answer is the expected one. A drop or dead letter without a detail is one with any, and a text is also the name of the line that a switch
 * has chosen.
 */
export function isAnswer(answer: unknown, expected: unknown): boolean {
  if (isDeepStrictEqual(answer, expected)) return true
  if (!isOutcome(answer)) return false
  const { slug, target } = answer as { readonly slug?: string; readonly target?: string }
  if (typeof expected === 'string') return target === expected
  if (!isOutcome(expected) || outcomeKind(expected) !== outcomeKind(answer)) return false
  const other = expected as { readonly slug?: string; readonly detail?: string }
  return slug !== undefined && slug === other.slug && other.detail === undefined
}
