/**
 * H3: one event ends the process whenever it is handled, by exit, abort, a segmentation fault or all memory. Under a supervisor that does nothing but start it again, this event and
 * no other is given up after three deaths while it ran alone, and everything else rides.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { convict } from '../real/convict.ts'
import { eachCase } from '../row.ts'
import type { Row } from '../row.ts'

const hows = ['exit', 'abort', 'segfault', 'memory'] as const
const kinds = ['effectful', 'pure', 'retrying'] as const

export const row: Row = {
  id: 'H3',
  title:
    'an event that ends the process, by exit, abort, segfault or memory, is convicted after 3 deaths alone; all others ride',
  tiers: 'PN',
  isDivisible: true,
  run: (context) =>
    eachCase(
      context,
      async ({ number }) => {
        const dir = join(context.dir, String(number))
        mkdirSync(dir)
        const how = hows[number % hows.length]!
        const nodeOptions = how === 'memory' ? ['--max-old-space-size=48'] : []
        await convict({ dir, how, kind: kinds[Math.floor(number / hows.length)]! }, { nodeOptions })
        rmSync(dir, { recursive: true })
      },
      hows.length * kinds.length,
    ),
}
