/** The default log: warnings and errors as JSON lines on standard error, in the names of the Elastic Common Schema. */
import process from 'node:process'
import type { Log } from '../log.ts'

/** One line of the log, with its end. */
export function logLine(level: string, facts: object, message: string): string {
  const line = {
    '@timestamp': new Date().toISOString(),
    'log.level': level,
    message,
    'ecs.version': '9.2.0',
    metrobus: facts,
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
