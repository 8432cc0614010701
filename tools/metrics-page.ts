/** Writes docs/reference/metrics.md from the declared signals: `npm run docs`. docs.test.ts fails when the page and the signals differ. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { JournalMeters } from '../src/journal/meters.ts'
import { handlerBounds, rideBounds, signals } from '../src/telemetry/signals.ts'

export const metricsPagePath = join(import.meta.dirname, '..', 'docs', 'reference', 'metrics.md')

export function metricsPage(): string {
  const rows = Object.values(signals).map(
    ({ name, kind, unit, labels, help }) =>
      `| \`${name}\` | ${kind} | ${unit} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  )
  const list = (bounds: readonly number[]): string => bounds.join(', ')
  return `# Metrics

What an app measures of itself, always, whether somebody looks or not. How to look: [Watch an app](../how-to/watch-an-app.md). This page is made from
\`src/telemetry/signals.ts\` by \`npm run docs\`; a test keeps the two equal. Names do not change within a major version.

| name | kind | unit | labels | what it says |
|---|---|---|---|---|
${rows.join('\n')}

Bounds in seconds. Handlers: ${list(handlerBounds)}. Rides: ${list(rideBounds)}, and the times that objectives speak of. Syncs: ${list(new JournalMeters().syncs.read(1000).bounds)}.

Beside these the endpoint of \`prometheus()\` tells what \`prom-client\` knows of the process: \`process_cpu_seconds_total\`, \`process_resident_memory_bytes\`,
\`process_start_time_seconds\`, \`nodejs_eventloop_lag_seconds\` with its quantiles, \`nodejs_heap_size_used_bytes\`, \`nodejs_gc_duration_seconds\` and others.

Labels are bounded: stops, topics, partitions and lines are those of the app's map; a stop has at most 100 reasons of a kind, and an own metric 1,000 sets of label
values, and what comes beyond is counted under \`_OTHER\`. Counters begin at 0 when the process starts.
`
}

if (import.meta.main) {
  const page = metricsPage()
  let before = ''
  try {
    before = readFileSync(metricsPagePath, 'utf8')
  } catch {
    // It is written for the first time.
  }
  if (page !== before) writeFileSync(metricsPagePath, page)
  console.log(page === before ? 'docs/reference/metrics.md is up to date.' : 'docs/reference/metrics.md is written.')
}
