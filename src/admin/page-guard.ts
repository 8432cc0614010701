/**
 * What stands between a page in a browser and the routes of an app on a port of this machine. Any page in that browser may ask 127.0.0.1, and a name of its own may be made to
 * lead there: so a question counts only when it names this machine, and was not sent by a page from elsewhere. Where everybody is asked who they are, any name may lead
 * there; but a browser adds a certificate, or a password that it keeps, to what any page sends.
 */
import type { Context, MiddlewareHandler } from 'hono'
import { MetrobusError } from '../errors/index.ts'
import { answerOf } from './failure.ts'

const headers: Readonly<Record<string, string>> = {
  // Nothing but our own files, and no code within the page: what events carry can then never be run.
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
}

const ownNames = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Which requests count. */
export interface PageGuardOptions {
  /** True where nobody is asked who they are: then the request must name this machine, too. */
  readonly isOpen: boolean
}

/** Refuses with 403 what another origin may have sent, and tells the browser what the page may do. */
export const pageGuard =
  ({ isOpen }: PageGuardOptions): MiddlewareHandler =>
  async (context, next) => {
    const fault = faultOf(context, isOpen)
    if (fault === undefined) await next()
    else context.res = answerOf(new MetrobusError('MB_FOREIGN_PAGE', { fault }))
    for (const [name, value] of Object.entries(headers)) context.res.headers.set(name, value)
  }

function faultOf({ req }: Context, isOpen: boolean): string | undefined {
  const host = req.header('host') ?? ''
  if (isOpen && !ownNames.has(host.replace(/:\d+$/, ''))) return `it was sent to the name "${host}"`
  const origin = req.header('origin')
  // What ends TLS before an app speaks http with it.
  const own = isOpen ? [`http://${host}`] : [`https://${host}`, `http://${host}`]
  if (origin !== undefined && !own.includes(origin)) return `it came from a page of ${origin}`
  // A link from elsewhere may open the page, in a window of its own; no page from elsewhere may ask for anything in it, not even as a frame or a download.
  const site = req.header('sec-fetch-site') ?? 'none'
  const opensPage = req.method === 'GET' && req.path === '/' && req.header('sec-fetch-dest') === 'document'
  if (!['none', 'same-origin'].includes(site) && !opensPage) return 'it came from a page of another site'
  // Forms of any page may post, but not JSON.
  const type = req.header('content-type') ?? ''
  if (req.method !== 'GET' && req.method !== 'HEAD' && !type.startsWith('application/json'))
    return 'what changes something must be sent as application/json'
  return undefined
}
