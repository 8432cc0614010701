/** The default log: warnings and errors as JSON lines on standard error, in the names of the Elastic Common Schema. */
import process from 'node:process'
import type { Log } from '../log.ts'

function write(level: string, facts: object, message: string): void {
  const line = { '@timestamp': new Date().toISOString(), 'log.level': level, message, 'ecs.version': '9.2.0', metrobus: facts }
  process.stderr.write(`${JSON.stringify(line)}\n`)
}

export const stderrLog: Log = Object.freeze({
  info: () => {},
  warn: (facts: object, message: string) => write('warn', facts, message),
  error: (facts: object, message: string) => write('error', facts, message),
})
