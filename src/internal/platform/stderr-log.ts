/** The default log: warnings and errors as JSON lines on standard error, in the names of the Elastic Common Schema. */
import process from 'node:process'
import type { Log } from '../log.ts'

/**
 * One line of the log, with its end. Of the facts `app` and `trace` have names of their own in the schema, in both the forms that readers look for; the others are Metrobus' own.
 */
export function logLine(level: string, facts: object, message: string): string {
  const { app, trace, ...own } = facts as { readonly app?: string; readonly trace?: string }
  const line = {
    '@timestamp': new Date().toISOString(),
    'log.level': level,
    message,
    'ecs.version': '9.2.0',
    ...(app !== undefined && { 'service.name': app, 'event.dataset': `${app}.log` }),
    ...(trace !== undefined && { 'trace.id': trace, trace_id: trace }),
    'process.pid': process.pid,
    metrobus: own,
  }
  return `${JSON.stringify(line)}\n`
}

function write(level: string, facts: object, message: string): void {
  process.stderr.write(logLine(level, facts, message))
}

export const stderrLog: Log = Object.freeze({
  info: () => {},
  warn: (facts: object, message: string) => write('warn', facts, message),
  error: (facts: object, message: string) => write('error', facts, message),
})
