import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Command, Option } from 'commander'
import { roles } from '../../admin/identity.ts'
import type { Role } from '../../admin/identity.ts'
import { Tokens } from '../../admin/tokens.ts'
import { nodeDisk } from '../../internal/platform/node-disk.ts'
import { nodeClock } from '../../internal/platform/node.ts'
import { tokensIn } from '../admin-options.ts'
import type { Context, Runner } from '../context.ts'
import { duration } from '../parse.ts'

interface FileOption {
  readonly file?: string
}

interface CreateOptions extends FileOption {
  readonly role: readonly Role[]
  readonly name?: string
  readonly payloads: boolean
  readonly expires: number
}

const fileOption = [
  '--file <path>',
  'file of hashed tokens (default: admin-tokens.json in the folder of the journal)',
] as const

/** `metrobus admin` */
export const command = (run: Runner): Command =>
  new Command('admin')
    .description('say who may use the admin API')
    .addCommand(
      new Command('token')
        .description('make, list and revoke tokens')
        .addCommand(tokenCreate(run))
        .addCommand(tokenList(run))
        .addCommand(tokenRevoke(run)),
    )

const tokenCreate = (run: Runner): Command =>
  new Command('create')
    .description('make a token and print it: only its hash is kept')
    .addOption(new Option('--role <role...>', 'what it may do').choices(roles).makeOptionMandatory())
    .option('--name <name>', 'whose it is, as the audit log names them (default: the roles)')
    .option('--payloads', 'it may also see what events and rows hold', false)
    .addOption(
      new Option('--expires <duration>', 'how long it counts').argParser(duration).default(duration('30d'), '30d'),
    )
    .option(...fileOption)
    .action((options: CreateOptions, command: Command) =>
      run(command, async (context) => {
        const tokens = await tokensOf(context, options)
        const expiresAt = nodeClock.now() + options.expires
        const { role, payloads, name = role.join('+') } = options
        const id = randomBytes(6).toString('hex')
        const token = await tokens.create({ name, roles: role, payloads, expiresAt }, { id, secret: randomBytes(32) })
        const expires = new Date(expiresAt).toISOString()
        if (context.output.json) await context.output.document({ id, name, roles: role, payloads, expires, token })
        else await context.output.line(token)
        context.output.note(`It is ${id}, counts until ${expires}, and is shown this once.`)
      }),
    )

const tokenList = (run: Runner): Command =>
  new Command('list')
    .description('list the tokens, without what they are')
    .option(...fileOption)
    .action((options: FileOption, command: Command) =>
      run(command, async (context) => {
        const kept = await (await tokensOf(context, options)).list()
        const shown = kept.map(({ id, name, roles, payloads, created, expires }) => ({
          id,
          name,
          roles,
          payloads,
          created,
          expires,
        }))
        if (context.output.json) return await context.output.document({ tokens: shown })
        await context.output.table(
          ['id', 'name', 'roles', 'payloads', 'expires'],
          shown.map(({ id, name, roles, payloads, expires }) => [
            id,
            name,
            roles.join(' '),
            payloads ? 'yes' : 'no',
            expires,
          ]),
        )
      }),
    )

const tokenRevoke = (run: Runner): Command =>
  new Command('revoke')
    .description('end a token: it is refused from the next request on')
    .argument('<id>', 'of the token, as list shows it')
    .option(...fileOption)
    .action((id: string, options: FileOption, command: Command) =>
      run(command, async (context) => {
        await (await tokensOf(context, options)).revoke(id)
        context.output.note(`The token ${id} counts no longer.`)
      }),
    )

async function tokensOf({ options }: Context, { file = tokensIn(options.dir) }: FileOption): Promise<Tokens> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  return new Tokens(nodeDisk, nodeClock, file)
}
