import { Argument, Command, Option } from 'commander'
import { aclCommand } from '../../bus/kafka/acls.ts'
import type { AclOptions } from '../../bus/kafka/acls.ts'
import { MetrobusError } from '../../errors/index.ts'
import { mermaidOf, textOf } from '../../itinerary/map-drawing.ts'
import { mapOf } from '../../itinerary/map.ts'
import type { MetroMap } from '../../itinerary/map.ts'
import { layOut } from '../../metro-map/layout.ts'
import { networkOf } from '../../metro-map/network.ts'
import { pictureOf } from '../../metro-map/picture.ts'
import type { AppDefinition } from '../../runtime/definition.ts'
import { alertRules } from '../alert-rules.ts'
import { loadModule } from '../app-module.ts'
import { asyncApiOf } from '../asyncapi.ts'
import type { Context, Runner } from '../context.ts'
import { aclsOfMaps } from '../kafka-acls.ts'
import { openTarget } from '../target.ts'

/** `metrobus map [app]` */
export const command = (run: Runner): Command =>
  new Command('map')
    .description(
      'draw where events can go, in an app or among the apps of a system: entries, lines, stops, switches, topics',
    )
    .addArgument(new Argument('[app]', 'module of the app; also by --app (default: the app that runs on --dir)'))
    .addOption(
      new Option('-f, --format <format>', 'how to draw it').choices(['text', 'mermaid', 'svg', 'json']).default('text'),
    )
    .option(
      '--acls',
      'print the least permissions on a Kafka cluster instead, as commands of Kafka; with -f json as data',
    )
    .option('--principal <name>', 'whom --acls grants them to (default: User:<app>)')
    .option('--prefix <text>', 'what the Kafka bus puts before names, for --acls')
    .option(
      '--alerts',
      'print alert rules for Prometheus instead, with thresholds from the policies of the stops; needs the module',
    )
    .addOption(
      new Option(
        '--asyncapi [binding]',
        'print an AsyncAPI 3 document instead: topics as channels, entries and stops as operations; with "kafka", what Kafka is told of a topic as well; needs the module',
      ).choices(['none', 'kafka']),
    )
    .action((path: string | undefined, { format, acls, alerts, asyncapi, ...rest }: MapOptions, command: Command) =>
      run(command, async (context) => {
        const { output } = context
        const module = path ?? context.options.app
        if (alerts === true) return output.line(alertRules(await definitionsOf(module, '--alerts')))
        if (asyncapi !== undefined) {
          const definitions = await definitionsOf(module, '--asyncapi')
          return output.document(
            asyncApiOf(definitions, { prefix: rest.prefix, binding: asyncapi === 'kafka' ? asyncapi : undefined }),
          )
        }
        const maps = module === undefined ? [await runningMap(context)] : await mapsOf(module)
        const isData = format === 'json' || output.json
        if (acls === true) {
          const rules = aclsOfMaps(maps, rest)
          return isData ? output.document(rules) : output.line(rules.map(aclCommand).join('\n'))
        }
        if (isData) return output.document(maps.length === 1 ? maps[0] : maps)
        await output.line(drawings[format]!(maps))
      }),
    )

interface MapOptions extends AclOptions {
  readonly format: string
  readonly acls?: boolean
  readonly alerts?: boolean
  readonly asyncapi?: 'none' | 'kafka' | true
}

const drawings: Readonly<Record<string, (maps: readonly MetroMap[]) => string>> = {
  text: (maps) => maps.map(textOf).join('\n\n'),
  mermaid: mermaidOf,
  svg: (maps) => pictureOf(layOut(networkOf(maps))),
}

const mapsOf = async (module: string): Promise<readonly MetroMap[]> =>
  (await loadModule(module)).apps.map(({ definition }) => mapOf(definition))

async function definitionsOf(module: string | undefined, argument: string): Promise<readonly AppDefinition[]> {
  if (module === undefined)
    throw new MetrobusError('MB_BAD_ARGUMENT', {
      argument,
      problem: `needs the module of the app, which holds what no map shows: write \`metrobus map <module> ${argument}\``,
    })
  return (await loadModule(module)).apps.map(({ definition }) => definition)
}

async function runningMap(context: Context): Promise<MetroMap> {
  await using target = await openTarget(context)
  return await target.client.map()
}
