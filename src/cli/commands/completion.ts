import { Argument, Command } from 'commander'
import { completions } from '../completion.ts'
import type { Runner } from '../context.ts'
import { program } from '../program.ts'
import { openTarget } from '../target.ts'

/** The scripts only ask the command itself, so that they never have to be made again. */
const scripts: { readonly [shell: string]: string } = {
  bash: `_metrobus() {
  local IFS=$'\\n'
  COMPREPLY=($(metrobus completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _metrobus metrobus`,
  zsh: `#compdef metrobus
_metrobus() {
  local -a found
  found=("\${(@f)$(metrobus completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found[1]" ]]; then compadd -a found; else _files; fi
}
compdef _metrobus metrobus`,
  fish: `complete -c metrobus -a '(metrobus completion words -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`,
  pwsh: `Register-ArgumentCompleter -Native -CommandName metrobus -ScriptBlock {
  param($word, $ast, $position)
  $words = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if ($word -eq '') { $words += '""' }
  metrobus completion words -- @words 2>$null | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}`,
}

/** `metrobus completion <shell>` */
export const command = (run: Runner): Command =>
  new Command('completion')
    .description('print the completion script of a shell; for bash: source <(metrobus completion bash)')
    .addArgument(new Argument('<shell>', 'of your shell').choices(Object.keys(scripts)))
    .action((shell: string, _options, command: Command) =>
      run(command, ({ output }) => output.line(scripts[shell] ?? '')),
    )
    .addCommand(words(run), { hidden: true })

/** What the scripts ask: the words so far, the last of which is being typed. */
const words = (run: Runner): Command =>
  new Command('words').argument('[words...]').action((words: readonly string[], _options, command: Command) =>
    run(command, async (context) => {
      const topics = async (): Promise<readonly string[]> => {
        await using target = await openTarget(context)
        return (await target.client.topics()).map(({ topic }) => topic)
      }
      const found = await completions(
        await program(run),
        words.map((word) => (word === '""' ? '' : word)),
        topics,
      )
      for (const word of found) await context.output.line(word)
    }),
  )
