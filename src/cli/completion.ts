/** What may come next on a command line, from the one command tree. */
import type { Command, Option } from 'commander'
import { roleOf } from '../admin/topic-role.ts'

/** The candidates for the last word. None means that a file may be meant. `topics` is asked only where a name of the journal fits, and may fail. */
export async function completions(
  program: Command,
  words: readonly string[],
  topics: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const typed = words.at(-1) ?? ''
  let command = program
  let awaited: Option | undefined
  for (const word of words.slice(0, -1)) {
    if (awaited !== undefined) awaited = undefined
    else if (word.startsWith('-'))
      awaited = optionsOf(command).find((option) => (option.long === word || option.short === word) && option.required)
    else command = command.commands.find((inner) => inner.name() === word) ?? command
  }
  const candidates = awaited === undefined ? await wordsOf(command, typed, topics) : await valuesOf(awaited, topics)
  return candidates.filter((candidate) => candidate.startsWith(typed))
}

async function wordsOf(
  command: Command,
  typed: string,
  topics: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  if (typed.startsWith('-')) return optionsOf(command).map((option) => option.long ?? option.short ?? '')
  const names = command
    .createHelp()
    .visibleCommands(command)
    .map((inner) => inner.name())
  const [argument] = command.registeredArguments
  if (argument?.name() === 'topic') return named(topics)
  return [...names, ...(argument?.argChoices ?? [])]
}

async function valuesOf(option: Option, topics: () => Promise<readonly string[]>): Promise<readonly string[]> {
  if (option.long !== '--stop') return option.argChoices ?? []
  const roles = (await named(topics)).map(roleOf)
  return [...new Set(roles.flatMap(({ kind, stop }) => (kind === 'input' && stop !== undefined ? [stop] : [])))]
}

/** Without a journal there is nothing to offer; a shell is no place for an error. */
async function named(topics: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await topics()
  } catch {
    return []
  }
}

/** Its own and the shared ones, without those that are hidden. */
function optionsOf(command: Command): readonly Option[] {
  const help = command.createHelp()
  help.showGlobalOptions = true
  return [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)]
}
