/** P5: an event takes all memory, up to the limit of the heap or that of a control group, where the kernel kills. It is convicted, and nothing else is lost. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { convict } from '../real/convict.ts'
import { ControlGroup } from '../real/proc.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

const groupMiB = 200
const kinds = ['effectful', 'pure', 'retrying'] as const

export const row: Row = {
  id: 'P5',
  title:
    'an event takes all memory: killed by the limit of the heap or by the kernel, it is convicted, and nothing else is lost',
  tiers: 'N',
  isDivisible: true,
  run: (context) => eachCase(context, (item) => outOfMemory(item, context)),
}

async function outOfMemory({ number, random }: Case, context: RowContext): Promise<void> {
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const kind = random.pick(kinds)
  if (number % 2 === 0)
    await convict({ dir, how: 'memory', kind }, { nodeOptions: [`--max-old-space-size=${random.between(40, 80)}`] })
  else {
    const group = new ControlGroup('memory', { 'memory.limit_in_bytes': groupMiB * 1024 * 1024 })
    try {
      await convict({ dir, how: 'memory', kind }, { before: group.before, nodeOptions: ['--max-old-space-size=4096'] })
    } finally {
      group.remove()
    }
  }
  rmSync(dir, { recursive: true })
}
