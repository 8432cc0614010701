/** The files of a journal that no process holds, as something that the admin routes can be about. */
import { deadLettersAtRest } from '../admin/dead-letters-at-rest.ts'
import type { Subject } from '../admin/subject.ts'
import { roleOf } from '../admin/topic-role.ts'
import { inspectEmbedded } from '../bus/embedded/inspect.ts'
import { nodePlatform } from '../internal/platform/node.ts'

/** Opened read-only and under its lock; to be closed. */
export interface Files {
  readonly subject: Subject
  close(): Promise<void>
}

/** Of one app, or of all that use the journal. Throws MB_JOURNAL_MISSING and MB_JOURNAL_LOCKED. */
export async function openFiles(dir: string, app: string | undefined): Promise<Files> {
  const journal = await inspectEmbedded(dir, nodePlatform)
  const { inspector } = journal
  const apps = new Set((await inspector.topics()).flatMap(({ topic }) => roleOf(topic).app ?? []))
  const [only] = apps.size === 1 ? apps : []
  const name = app ?? only
  return {
    subject: { app: name ?? '', inspector, deadLetters: deadLettersAtRest(inspector, name), running: undefined },
    close: () => journal.close(),
  }
}
