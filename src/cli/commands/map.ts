import { Argument, Command, Option } from 'commander'
import { MetrobusError } from '../../errors/index.ts'
import { mermaidOf, textOf } from '../../itinerary/map-drawing.ts'
import { mapOf } from '../../itinerary/map.ts'
import { loadApp } from '../app-module.ts'
import type { Runner } from '../context.ts'

/** `metrobus map [app]` */
export const command = (run: Runner): Command =>
  new Command('map')
    .description('draw where events can go: entries, lines, stops, switches, topics')
    .addArgument(new Argument('[app]', 'module of the app; also by --app'))
    .addOption(
      new Option('-f, --format <format>', 'how to draw it').choices(['text', 'mermaid', 'json']).default('text'),
    )
    .action((path: string | undefined, { format }: { readonly format: string }, command: Command) =>
      run(command, async ({ output, options }) => {
        const module = path ?? options.app
        if (module === undefined)
          throw new MetrobusError('MB_BAD_ARGUMENT', {
            argument: 'The app',
            problem: 'is not named: write `metrobus map <module>`',
          })
        const map = mapOf((await loadApp(module)).definition)
        if (format === 'json' || output.json) return output.document(map)
        await output.line(format === 'mermaid' ? mermaidOf(map) : textOf(map))
      }),
    )
