/** The command tree: `metrobus` with the options that every subcommand shares. */
import { Command, Option } from 'commander'
import { packageVersion } from '../internal/platform/package-version.ts'
import { commands } from './commands.ts'
import type { Runner } from './context.ts'
import { duration } from './parse.ts'

/** Shown under every help, because scripts rely on them. */
const exitCodes = `
Exit codes:
  0    it worked
  1    it failed, or failed in part
  2    the command line is wrong
  3    a check found problems
  4    what was named is not there
  5    cannot connect: no process, or the journal is held by one that does not answer
  124  --timeout has passed
  130  ended by SIGINT
  143  ended by SIGTERM`

/** The tree that these words need: the one subcommand that they begin with, or all. */
export async function programFor(words: readonly string[], run: Runner): Promise<Command> {
  const [first = ''] = words
  return program(run, Object.hasOwn(commands, first) ? [first] : Object.keys(commands))
}

/** The tree with these subcommands. */
export async function program(run: Runner, names: readonly string[] = Object.keys(commands)): Promise<Command> {
  const metrobus = new Command('metrobus')
    .description('Events ride typed lines over a durable journal.')
    .addOption(new Option('-d, --dir <folder>', 'folder of the journal').default('./data').env('METROBUS_DIR'))
    .addOption(
      new Option('-a, --app <module>', 'module of the app, started when an act needs it and it does not run').env(
        'METROBUS_APP',
      ),
    )
    .addOption(new Option('--json', 'print JSON: one document for a list, one a line for a stream').default(false))
    .addOption(new Option('-q, --quiet', 'say nothing on standard error but errors').default(false))
    .addOption(new Option('--verbose', 'show the stack of an error').default(false))
    .addOption(new Option('--no-color', 'no colours; also by NO_COLOR'))
    .addOption(new Option('--timeout <duration>', 'give up after so long, with exit code 124').argParser(duration))
    .version(packageVersion(), '--version', 'print the version')
    .helpCommand('help [command]', 'show the help of a command')
    .showSuggestionAfterError()
  for (const name of names) {
    const { command } = await commands[name]!()
    metrobus.addCommand(command(run))
  }
  const prepare = (command: Command): void => {
    command
      .exitOverride()
      .configureHelp({ showGlobalOptions: true })
      .addHelpText('after', exitCodes)
      .helpOption('-h, --help', 'show this help')
    command.showHelpAfterError('(metrobus --help shows what there is)')
    for (const inner of command.commands) prepare(inner)
  }
  prepare(metrobus)
  return metrobus
}
