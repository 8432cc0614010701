/** Drives the parser of markup over what strangers have written. */
import { Parser } from 'htmlparser2'
import type { Handler, ParserOptions } from 'htmlparser2'

/** As browsers have it. The parser looks through all that is open for each element: nested without a bound, 2 MB of `<div>` would keep it busy for many minutes. */
const depthMax = 512

/** Tells `handler` what there is, up to the first place that is nested too deep: what comes behind it is not read. */
export function parseMarkup(source: string, handler: Partial<Handler>, options?: ParserOptions): void {
  const open = handler.onopentag?.bind(handler)
  const close = handler.onclosetag?.bind(handler)
  let depth = 0
  handler.onopentag = (...tag) => {
    if (++depth > depthMax) parser.pause()
    else open?.(...tag)
  }
  handler.onclosetag = (...tag) => {
    depth--
    close?.(...tag)
  }
  const parser = new Parser(handler, options)
  parser.end(source)
}
