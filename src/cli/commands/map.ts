import { Argument, Command, Option } from 'commander'
import { mermaidOf, textOf } from '../../itinerary/map-drawing.ts'
import { mapOf } from '../../itinerary/map.ts'
import type { MetroMap } from '../../itinerary/map.ts'
import { loadApp } from '../app-module.ts'
import type { Context, Runner } from '../context.ts'
import { openTarget } from '../target.ts'

/** `metrobus map [app]` */
export const command = (run: Runner): Command =>
  new Command('map')
    .description('draw where events can go: entries, lines, stops, switches, topics')
    .addArgument(new Argument('[app]', 'module of the app; also by --app (default: the app that runs on --dir)'))
    .addOption(
      new Option('-f, --format <format>', 'how to draw it').choices(['text', 'mermaid', 'json']).default('text'),
    )
    .action((path: string | undefined, { format }: { readonly format: string }, command: Command) =>
      run(command, async (context) => {
        const { output } = context
        const module = path ?? context.options.app
        const map = module === undefined ? await runningMap(context) : mapOf((await loadApp(module)).definition)
        if (format === 'json' || output.json) return output.document(map)
        await output.line(format === 'mermaid' ? mermaidOf(map) : textOf(map))
      }),
    )

async function runningMap(context: Context): Promise<MetroMap> {
  await using target = await openTarget(context)
  return await target.client.map()
}
