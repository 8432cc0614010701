/** What the campaign needs when it runs for real. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Accounts, readEmails } from './accounts.ts'
import type { LookUp } from './accounts.ts'
import type { Dependencies } from './app.ts'
import { RunArchives } from './run-archives.ts'

/** With what the end of a run tells. */
export interface RealDependencies extends Dependencies {
  readonly emails: Accounts
  readonly archive: RunArchives
}

/** `dir` takes the archives. The reference data lies beside this file. */
export function realDependencies(dir: string): RealDependencies {
  const beside = (name: string): string => join(import.meta.dirname, name)
  return {
    emails: new Accounts(beside('accounts.ndjson'), newAccounts(beside('new-accounts.ndjson'))),
    allowed: new Set(readFileSync(beside('white-list.txt'), 'utf8').trimEnd().split('\n')),
    archive: new RunArchives(dir),
  }
}

/** Stands for a service across the network: it knows the newest accounts, and an answer takes a while. */
function newAccounts(file: string): LookUp {
  const emails = readEmails(file)
  return async (accountId, { signal }) => {
    await setTimeout(2, undefined, { signal })
    return emails.get(accountId)
  }
}
