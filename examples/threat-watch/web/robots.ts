/** What a host asks of crawlers, by RFC 9309. */
import robotsParser from 'robots-parser'

export interface Robots {
  readonly mayVisit: (url: string) => boolean
  /** How long it asks to wait between two visits; 0 where it does not say. */
  readonly delayMs: number
}

/** No host may ask for more: who wants no visits can say so. */
const delayMaxMs = 60_000

// The library exports the function itself, and its types say that it is the `default` of what it exports.
const parse = robotsParser as unknown as typeof robotsParser.default

/** `text` is the robots.txt of the origin of `url`. */
export function robotsOf(text: string, url: string, userAgent: string): Robots {
  const robots = parse(new URL('/robots.txt', url).href, text)
  const seconds = robots.getCrawlDelay(userAgent) ?? 0
  return {
    mayVisit: (asked) => robots.isAllowed(asked, userAgent) ?? true,
    delayMs: seconds > 0 ? Math.min(seconds * 1_000, delayMaxMs) : 0,
  }
}
