/** What is printed: where an input begins, how far it has come, and the table at the end. */
import cliProgress from 'cli-progress'
import Table from 'cli-table3'
import type { IngestReport, Opening } from '../../src/connect/file/index.ts'
import type { AppStats, RunningApp } from '../../src/index.ts'
import type { Accounts } from './accounts.ts'

/** Where this run begins, in a sentence; undefined at the first line of something new. */
export function beginningOf(name: string, { state, lines, run }: Opening): string | undefined {
  switch (state) {
    case 'new':
      return run === 1 ? undefined : `${name}: run ${run} begins at line 1.`
    case 'goes-on':
      return `${name}: ${lines} lines rode already; going on behind them.`
    case 'rode-already':
      return `${name}: all ${lines} lines rode already; --again starts over.`
    case 'cannot-resume':
      return `${name} cannot be resumed: the last line accepted was ${lines}. Send again what came behind it.`
  }
}

/** A bar for somebody who watches; a terminal is wanted for it. */
export function progressBar(stream: NodeJS.WriteStream): { at(report: IngestReport): void; end(): void } {
  if (!stream.isTTY) return { at: () => {}, end: () => {} }
  const bar = new cliProgress.SingleBar({
    stream,
    format: '{bar} {percentage} % | {lines} lines',
    hideCursor: true,
    clearOnComplete: true,
  })
  let isShown = false
  return {
    at({ bytes = 0, bytesDone, linesDone }) {
      if (!isShown) bar.start(bytes, 0, { lines: 0 })
      isShown = true
      bar.update(bytesDone, { lines: linesDone })
    },
    end() {
      if (isShown) bar.stop()
      isShown = false
    },
  }
}

/** One row a stop. Counts and times are those since this start. */
export function tableOf({ stops }: AppStats, seconds: number): string {
  const table = new Table({
    head: ['stop', 'in', 'out', 'dropped', 'retried', 'dead', 'p50 ms', 'p99 ms', 'events/s'],
    colAligns: ['left', 'right', 'right', 'left', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  })
  for (const { stop, in: taken, out, dropped, retried, dead, p50Ms, p99Ms } of stops) {
    const reasons = Object.entries(dropped).map(([slug, count]) => `${slug} ${count}`)
    const rate = Math.round(taken / seconds)
    table.push([stop, taken, out, reasons.join(', '), retried, dead, p50Ms.toFixed(3), p99Ms.toFixed(3), rate])
  }
  return table.toString()
}

/** What came in, and what the look-up did. */
export function factsOf(input: IngestReport, seconds: number, emails: Accounts): string {
  const { preloaded, cached, hits, misses } = emails.statistics
  const rate = Math.round(input.accepted / seconds)
  return [
    `input    ${input.accepted} accepted, ${input.refused} refused, in ${seconds.toFixed(2)} s (${rate} events/s)`,
    `accounts ${preloaded} preloaded; cache of ${cached}: ${hits} hits, ${misses} misses`,
  ].join('\n')
}

/** The newest entries of the error log, and how many there are. */
export async function faultsOf(
  { name, inspector }: Pick<RunningApp, 'name' | 'inspector'>,
  countMax: number,
): Promise<string | undefined> {
  const topic = `${name}.errors`
  const partition = (await inspector.topics()).find((info) => info.topic === topic)?.partitions[0]
  if (partition === undefined || partition.end === partition.begin) return undefined
  const from = Math.max(partition.begin, partition.end - countMax)
  const records = await inspector.read(topic, 0, from, countMax)
  const lines = records.map(({ data }) => {
    const { place, stop, message } = data as {
      readonly place?: string
      readonly stop?: string
      readonly message: string
    }
    return `  ${place ?? stop ?? name} ${message}`
  })
  return [`errors   ${partition.end - partition.begin} in the error log, the newest:`, ...lines].join('\n')
}
