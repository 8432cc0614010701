/**
 * H3: one event ends the process whenever it is handled, by exit, abort, a segmentation fault or all memory. Under a supervisor that does nothing but start it again, this event and
 * no other is given up after three deaths while it ran alone, and everything else rides.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runToEnd } from '../real/child.ts'
import type { Ended } from '../real/child.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

const hows = ['exit', 'abort', 'segfault', 'memory'] as const
const kinds = ['effectful', 'pure', 'retrying'] as const
const killsMax = 3
/** A death with everything in flight, one in reach, those alone, and some for stops before the killing one that ran ahead. */
const runsMax = 12
const count = 60
const killer = 37

export const row: Row = {
  id: 'H3',
  title:
    'an event that ends the process, by exit, abort, segfault or memory, is convicted after 3 deaths alone; all others ride',
  tiers: 'PN',
  isDivisible: true,
  run: (context) => eachCase(context, (item) => convict(item, context), hows.length * kinds.length),
}

async function convict({ number }: Case, context: RowContext): Promise<void> {
  const how = hows[number % hows.length]!
  const kind = kinds[Math.floor(number / hows.length)]!
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const runs: Ended[] = []
  while (runs.length < runsMax && runs.at(-1)?.code !== 0) {
    const ended = await runToEnd({
      program: 'killing-app',
      life: { dir, how, kind, count, killer },
      nodeOptions: how === 'memory' ? ['--max-old-space-size=48'] : [],
    })
    runs.push(ended)
  }
  const last = runs.at(-1)!
  const what = `${how} in a stop that is ${kind}`
  if (last.code !== 0) throw new Error(`${what}: not over after ${runs.length} runs\n${last.errors.slice(-2000)}`)
  const alone = runs.slice(0, -1).filter(({ errors }) => errors.includes('running alone, try ')).length
  const dead = last.lines.filter((line) => line.startsWith('dead '))
  if (dead.join() !== `dead ${killer} MB_KILLED_PROCESS`)
    throw new Error(`${what}: given up were ${dead.join() || 'none'}`)
  if (alone !== killsMax) throw new Error(`${what}: convicted after ${alone} deaths alone`)
  const ended = new Set(last.lines.filter((line) => line.startsWith('ended ')).map((line) => Number(line.slice(6))))
  if (ended.size !== count) throw new Error(`${what}: ${count - ended.size} events never came to their end`)
  rmSync(dir, { recursive: true })
}
