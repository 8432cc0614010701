import { Command } from 'commander'
import type { Runner } from '../context.ts'
import { journalDump } from './journal-dump.ts'
import { journalInfo } from './journal-info.ts'
import { journalSalvage } from './journal-salvage.ts'
import { journalVerify } from './journal-verify.ts'

/** `metrobus journal` */
export const command = (run: Runner): Command =>
  new Command('journal')
    .description('look after the files of a journal')
    .addCommand(journalInfo(run))
    .addCommand(journalVerify(run))
    .addCommand(journalDump(run))
    .addCommand(journalSalvage(run))
