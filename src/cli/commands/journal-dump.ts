import { Command } from 'commander'
import { nodePlatform } from '../../internal/platform/node.ts'
import type { DumpedEntry, DumpLine } from '../../journal/index.ts'
import type { Runner } from '../context.ts'
import { damageLine } from '../journal-damage.ts'

/** `metrobus journal dump` */
export const journalDump = (run: Runner): Command =>
  new Command('dump')
    .description('print every frame of a journal that is not in use, and what is in it; damage is one of the lines')
    .option('--data', "with the records' data")
    .action(({ data = false }: { readonly data?: boolean }, command: Command) =>
      run(command, async ({ output, options, signal }) => {
        const { dumpJournal } = await import('../../journal/index.ts')
        await dumpJournal({ dir: options.dir, platform: nodePlatform, data }, async (line) => {
          signal.throwIfAborted()
          if (output.json) return await output.document(line)
          for (const text of textOf(line)) await output.line(text)
        })
      }),
    )

function textOf(line: DumpLine): string[] {
  if (line.kind === 'damage') return [`DAMAGED ${damageLine(line)}`]
  const {
    kind,
    file,
    offset,
    bytes,
    sequence,
    time,
    group,
    entries = [],
    acknowledgements = [],
    changes = [],
    payload,
  } = line
  return [
    `${kind} ${file} at byte ${offset}, ${bytes} bytes, #${sequence}, ${new Date(time).toISOString()}${group === undefined ? '' : `, group ${group}`}`,
    ...entries.map(entryText),
    ...acknowledgements.map(
      ({ topic, partition, watermark, above }) =>
        `  settled ${topic}/${partition} below ${watermark}${aboveText(above)}`,
    ),
    ...changes.map(
      ({ store, partition, key, value }) => `  row ${store}/${partition} ${JSON.stringify(key)} = ${value ?? 'none'}`,
    ),
    ...(payload === undefined ? [] : [`  ${JSON.stringify(payload)}`]),
  ]
}

function entryText({ topic, partition, offset, ride, hop, key, slip, dataBytes, data, dataAt }: DumpedEntry): string {
  const where = dataAt === undefined ? '' : ` at byte ${dataAt}`
  return `  record ${topic}/${partition} ${offset} ride ${ride} hop ${hop} key ${key ?? '-'} slip ${slip || '-'} data ${data ?? `${dataBytes} bytes${where}`}`
}

const aboveText = (above: readonly number[]): string =>
  above.length === 0 ? '' : ` and ${above.join(', ')} (from, to)`
