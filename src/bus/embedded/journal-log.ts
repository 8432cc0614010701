/** The journal speaks to the same log as the bus. */
import type { Log } from '../../internal/log.ts'
import type { JournalLog } from '../../journal/index.ts'

export function journalLog(log: Log): JournalLog {
  return (level, message, facts) => log[level](facts, message)
}
