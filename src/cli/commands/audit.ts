import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Argument, Command } from 'commander'
import { verifyAudit } from '../../admin/audit.ts'
import { MetrobusError } from '../../errors/index.ts'
import { nodeDisk } from '../../internal/platform/node-disk.ts'
import type { Context, Runner } from '../context.ts'
import { exitCode } from '../exit-code.ts'

/** `metrobus audit` */
export const command = (run: Runner): Command =>
  new Command('audit').description('look after the log of what operators did').addCommand(auditVerify(run))

const auditVerify = (run: Runner): Command =>
  new Command('verify')
    .description('say whether an audit log is as it was written, and name the first line where it is not')
    .addArgument(new Argument('[file]', 'the log (default: every one in the folder of the journal)'))
    .option(
      '--head <hash>',
      'the hash of a line that was seen before: it must be in the log, for its end could be missing',
    )
    .action((file: string | undefined, { head }: { readonly head?: string }, command: Command) =>
      run(command, async (context) => {
        for (const path of file === undefined ? await logsIn(context.options.dir) : [file])
          await verify(context, path, head)
      }),
    )

async function verify(context: Context, path: string, head: string | undefined): Promise<void> {
  const { output } = context
  const { lines, hash, damage, hasSeen } = await verifyAudit(nodeDisk, path, head)
  const isShort = head !== undefined && !hasSeen
  if (damage !== undefined || isShort) context.exitCode = exitCode.problems
  if (output.json)
    return await output.document({ file: path, lines, head: hash, damage: damage ?? null, ...(head && { hasSeen }) })
  if (damage !== undefined) await output.line(`${path} is damaged at line ${damage.line}: ${damage.problem}.`)
  else await output.line(`${path}: ${lines} lines follow one another. Head: ${hash}`)
  if (isShort) await output.line(`No line of it has the hash ${head}: its end is missing, or it was written anew.`)
}

async function logsIn(dir: string): Promise<readonly string[]> {
  const names = await readdir(dir).catch(() => [])
  const logs = names.filter((name) => name.endsWith('.audit.ndjson')).map((name) => join(dir, name))
  if (logs.length === 0) throw new MetrobusError('MB_NOT_FOUND', { kind: 'audit log in', name: dir })
  return logs
}
