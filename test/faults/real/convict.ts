/** A supervisor that does nothing but start a program again, and what must come of an event that ends it every time: see `programs/killing-app.ts`. */
import { runToEnd } from './child.ts'
import type { ChildOptions, Ended } from './child.ts'

const killsMax = 3
/** A death with everything in flight, one in reach, those alone, and some for stops before the killing one that ran ahead. */
const runsMax = 12
const count = 60
const killer = 37

/** Runs it until it has ended well; throws unless the killing event, and no other, was given up after three deaths alone, and everything else rode. */
export async function convict(
  { dir, how, kind }: { readonly dir: string; readonly how: string; readonly kind: string },
  options: Pick<ChildOptions, 'nodeOptions' | 'before'> = {},
): Promise<void> {
  const runs: Ended[] = []
  while (runs.length < runsMax && runs.at(-1)?.code !== 0)
    runs.push(await runToEnd({ program: 'killing-app', life: { dir, how, kind, count, killer }, ...options }))
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
}
