/** What the exit code of the command says. Scripts rely on it: a number never changes its meaning. */
import { isMetrobusError } from '../errors/index.ts'

export const exitCode = {
  ok: 0,
  /** It did not work, or worked in part. */
  failed: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** A check ran to its end and found problems. */
  problems: 3,
  notFound: 4,
  cannotConnect: 5,
  timeout: 124,
  sigint: 130,
  sigterm: 143,
} as const

const codes: { readonly [code: string]: number } = {
  MB_BAD_REQUEST: exitCode.usage,
  MB_BAD_ARGUMENT: exitCode.usage,
  MB_NOT_FOUND: exitCode.notFound,
  MB_UNKNOWN_ENTRY: exitCode.notFound,
  MB_UNKNOWN_TOPIC: exitCode.notFound,
  MB_JOURNAL_MISSING: exitCode.notFound,
  MB_NO_APP_MODULE: exitCode.notFound,
  MB_NOT_RUNNING: exitCode.cannotConnect,
  MB_UNREACHABLE: exitCode.cannotConnect,
  MB_JOURNAL_LOCKED: exitCode.cannotConnect,
  MB_TIMED_OUT: exitCode.timeout,
}

/** The exit code of anything thrown. */
export function exitCodeOf(error: unknown): number {
  if (isMetrobusError(error) && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT')
    return exitCode.notFound
  return codes[codeOf(error)] ?? exitCode.failed
}

/** The permanent code of anything thrown: for what another process answered, its code. */
export function codeOf(error: unknown): string {
  if (isMetrobusError(error, 'MB_ANSWERED')) return error.facts.code
  return isMetrobusError(error) ? error.code : 'MB_UNEXPECTED'
}
