import { Command } from 'commander'
import type { Runner } from '../context.ts'
import { journalInfo } from './journal-info.ts'

/** `metrobus journal` */
export const command = (run: Runner): Command =>
  new Command('journal').description('look after the files of a journal').addCommand(journalInfo(run))
