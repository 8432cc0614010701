/** Errors as HTTP answers. */
import { isMetrobusError } from '../errors/index.ts'
import type { ErrorCode } from '../errors/index.ts'
import type { ErrorAnswer } from './answers.ts'

const statuses: { readonly [Code in ErrorCode]?: number } = {
  MB_BAD_OPTIONS: 400,
  MB_BAD_REQUEST: 400,
  MB_ANSWER_TOO_LARGE: 413,
  MB_BAD_SEARCH: 400,
  MB_UNAUTHENTICATED: 401,
  MB_FORBIDDEN: 403,
  MB_FOREIGN_PAGE: 403,
  MB_INVALID_EVENT: 422,
  MB_NOT_FOUND: 404,
  MB_UNKNOWN_ENTRY: 404,
  MB_NOT_RUNNING: 409,
  MB_APPROVAL_NEEDED: 409,
  MB_OWN_PROPOSAL: 403,
  MB_TOO_MANY_PROPOSALS: 429,
  MB_OFFSET_GONE: 410,
  MB_SEEK_PARKED: 409,
  MB_SEEK_UNSUPPORTED: 409,
  MB_TOO_MANY_STREAMS: 429,
  MB_TOO_MANY_REQUESTS: 429,
}

/** The HTTP status of anything thrown. */
export function statusOf(error: unknown): number {
  if (!isMetrobusError(error)) return 500
  return statuses[error.code] ?? (error.family === 'refuse' ? 503 : 500)
}

/** Code and sentence of anything thrown. What is not ours keeps its message: this is the operator's own socket. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (isMetrobusError(error)) return { code: error.code, message: error.message }
  return { code: 'MB_UNEXPECTED', message: error instanceof Error ? error.message : String(error) }
}

/** The response of anything thrown. */
export function answerOf(error: unknown): Response {
  const status = statusOf(error)
  const headers = status === 401 ? { 'www-authenticate': 'Bearer realm="Metrobus"' } : undefined
  return Response.json({ error: errorAnswer(error) }, { status, ...(headers && { headers }) })
}
