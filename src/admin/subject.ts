/**
 * What the routes are about: a running app in this process, or the files of a journal that no process holds. Reading is the same for
 * both; whatever changes something needs the running app, because only it may append.
 */
import type { BusInspector } from '../bus/bus.ts'
import { MetrobusError } from '../errors/index.ts'
import type { DeadLetters, RunningApp } from '../runtime/running.ts'

/** A part of the dead letters that reading needs. */
export type ReadableDeadLetters = Pick<DeadLetters, 'list' | 'groups' | 'show'>

/** The thing that is looked at. */
export interface Subject {
  readonly app: string
  readonly inspector: BusInspector
  readonly deadLetters: ReadableDeadLetters
  /** Undefined when only the files are there. */
  readonly running: RunningApp | undefined
}

/** A running app as a subject. */
export function subjectOf(running: RunningApp): Subject {
  return { app: running.name, inspector: running.inspector, deadLetters: running.deadLetters, running }
}

/** The running app, or MB_NOT_RUNNING in the name of what was asked for. */
export function runningOf(subject: Subject, what: string): RunningApp {
  if (subject.running !== undefined) return subject.running
  throw new MetrobusError('MB_NOT_RUNNING', { what })
}
