/** Where in a user's code something was declared. Taking it costs some microseconds; it becomes text only when somebody asks. */

export interface CallSite {
  readonly stack?: string
}

/** A file as the stack names it, made a path, and the line from 1. */
export interface SourcePlace {
  readonly file: string
  readonly line: number
}

/** What is called now, and what has called that. */
export function callSite(): CallSite {
  const site: CallSite = {}
  Error.captureStackTrace(site, callSite)
  return site
}

/** This package, whose own frames say nothing to its users. */
const own = new URL('..', import.meta.url).href

/** The first frame that is neither of this package nor of Node; undefined where there is none. */
export function placeOf({ stack = '' }: CallSite): SourcePlace | undefined {
  for (const frame of stack.split('\n')) {
    const [, file, line] = /(?:\(|at )(file:\/\/[^()]+|\/[^()]+|[A-Z]:\\[^()]+):(\d+):\d+\)?$/.exec(frame) ?? []
    if (file === undefined || file.startsWith(own)) continue
    return { file: file.startsWith('file://') ? decodeURIComponent(new URL(file).pathname) : file, line: Number(line) }
  }
  return undefined
}
