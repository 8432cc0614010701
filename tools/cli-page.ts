/**
 * Writes docs/reference/cli.md from the command tree itself: `npm run docs`. cli-page.test.ts fails when the page and the tree differ, so an
 * option is never without its page nor a page without its option.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command, Help, Option } from 'commander'
import { program } from '../src/cli/program.ts'

export const cliPagePath = join(import.meta.dirname, '..', 'docs', 'reference', 'cli.md')

const intro = `# Command line

\`metrobus\` comes with the package: \`npx metrobus <command>\`. An app is named by its module, which exports it: \`export default () => metrobus('name', { entries })\`.
This page is made from the command tree by \`npm run docs\`; a test keeps the two equal.

Data goes to standard output and everything else to standard error. With \`--json\` a list is one document, a stream one document a line, and a failure one
document on standard error: \`{ "error": { "code", "message", "causes" } }\`. Keys are added, never renamed. \`NO_COLOR\` is heeded.

What looks into an app speaks with the process that runs it, over a socket in the folder of the journal that only its user may open; when none runs, it reads
the files, under their lock. What changes something needs the app: it runs, or \`--app\` names its module, which is then started for the act, drained and stopped.

| exit code | meaning |
|---|---|
| 0 | it worked |
| 1 | it failed, or failed in part |
| 2 | the command line is wrong |
| 3 | a check found problems |
| 4 | what was named is not there |
| 5 | cannot connect: no process, or the journal is held by one that does not answer |
| 124 | \`--timeout\` has passed |
| 130, 143 | ended by SIGINT, by SIGTERM |
`

/** The page as the tree is now. */
export async function cliPage(): Promise<string> {
  const tree = await program(async () => {})
  const help = tree.createHelp()
  const shared = ['## Options of every command', '', ...optionRows(help, tree), '']
  const sections = visible(help, tree).flatMap((command) => sectionsOf(help, command, 'metrobus'))
  return [intro, ...shared, ...sections].join('\n')
}

function sectionsOf(help: Help, command: Command, parent: string): string[] {
  const name = `${parent} ${command.name()}`
  const inner = visible(help, command)
  if (inner.length > 0) return inner.flatMap((child) => sectionsOf(help, child, name))
  const takes = command.registeredArguments.map((argument) => {
    const choices = argument.argChoices === undefined ? '' : ` One of ${argument.argChoices.join(', ')}.`
    return `- \`${argument.required ? `<${argument.name()}>` : `[${argument.name()}]`}\` ${cell(argument.description)}${choices}`
  })
  const words = command.registeredArguments.map((argument) =>
    argument.required ? ` <${argument.name()}>` : ` [${argument.name()}]`,
  )
  const rows = optionRows(help, command)
  return [
    `## ${name}`,
    '',
    `\`${name}${words.join('')}\`: ${cell(command.description())}`,
    '',
    ...(takes.length > 0 ? [...takes, ''] : []),
    ...(rows.length > 2 ? [...rows, ''] : []),
  ]
}

/** `help` explains itself. */
const visible = (help: Help, command: Command): Command[] =>
  help.visibleCommands(command).filter((inner) => inner.name() !== 'help')

function optionRows(help: Help, command: Command): string[] {
  const options = help.visibleOptions(command).filter((option) => option.long !== '--help')
  return [
    '| option | meaning |',
    '|---|---|',
    ...options.map((option) => `| \`${option.flags.replaceAll('|', '\\|')}\` | ${cell(meaningOf(option))} |`),
  ]
}

function meaningOf({
  description,
  argChoices,
  defaultValue,
  defaultValueDescription,
  envVar,
  mandatory,
}: Option): string {
  const facts = [
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(', ')}`]),
    ...(defaultValue === undefined || typeof defaultValue === 'boolean'
      ? []
      : [`default: ${defaultValueDescription ?? String(defaultValue)}`]),
    ...(envVar === undefined ? [] : [`also by \`${envVar}\``]),
    ...(mandatory ? ['required'] : []),
  ]
  return facts.length === 0 ? description : `${description} (${facts.join('; ')})`
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

if (import.meta.main) writeFileSync(cliPagePath, await cliPage())
