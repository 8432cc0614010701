import { isMetrobusError } from '../../../src/errors/index.ts'
import type { RunningApp } from '../../../src/runtime/running.ts'
/**
 * Stores in random programs: some stops count the events of each key. Drawn from a seed of its own, so that the rest of a seed's program stays what it is.
 *
 * What a store must hold is known without the system: for each key the numbers from 1 on, in the order of its log, one for each event that was decided at one of its stops.
 */
import { SeededRandom } from '../../../src/testing/index.ts'
import type { Program, StopSpec } from './program.ts'

/** A change of a row, as it stands in a log. */
export interface Counted {
  /** `<id>#<replay>` */
  readonly id: string
  readonly key: string
  readonly v: number
}

/** The log of a store. */
export const logOf = (app: string, store: string): string => `${app}.${store}.changelog`

/** Lets some stops of a program count. */
export function count(program: Program): Program {
  const random = new SeededRandom(program.seed ^ 0xc0de)
  if (random.chance(0.5)) return program
  const blocks = program.blocks.map((block, index) => {
    const counts = `b${index}-count`
    const stops = block.stops.map((stop): StopSpec =>
      !stop.isSwitch && random.chance(0.6) ? { ...stop, counts } : stop,
    )
    return { ...block, stops }
  })
  return { ...program, blocks }
}

/** What is wrong with the logs of an app's stores. `expected`: the changes by log, `<id>#<replay> <key>`; `possible`: those that may be there. */
export function faultsOfCounting(
  logs: ReadonlyMap<string, ReadonlyMap<number, Counted>>,
  expected: ReadonlyMap<string, readonly string[]>,
  possible: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const faults: string[] = []
  const there = new Map<string, Set<string>>()
  for (const [place, changes] of logs) {
    const topic = place.slice(0, place.lastIndexOf('/'))
    const texts = there.get(topic) ?? new Set()
    there.set(topic, texts)
    const numbers = new Map<string, number>()
    for (const [offset, { id, key, v }] of [...changes].toSorted(([one], [other]) => one - other)) {
      const before = numbers.get(key) ?? 0
      if (v !== before + 1) faults.push(`I5 ${place}@${offset} counts ${key} to ${v} with ${id}, after ${before}`)
      numbers.set(key, v)
      const text = `${id} ${key}`
      if (texts.has(text)) faults.push(`I2 ${place} counts twice: ${text}`)
      texts.add(text)
      if (!expected.get(topic)?.includes(text) && !possible.get(topic)?.includes(text))
        faults.push(`I4 ${place} counts what nobody decided: ${text}`)
    }
  }
  for (const [topic, texts] of expected)
    for (const text of texts)
      if (there.get(topic)?.has(text) !== true) faults.push(`I6 ${topic} does not count ${text}`)
  return faults
}

/** What is wrong with what apps answer when they are asked for their counts. */
export async function faultsOfAnswers(
  apps: readonly RunningApp[],
  logs: ReadonlyMap<string, ReadonlyMap<number, Counted>>,
): Promise<readonly string[]> {
  const faults: string[] = []
  for (const [place, changes] of logs) {
    const [, app, store] = /^(\w+)\.(.+)\.changelog\/\d+$/.exec(place)!
    const last = new Map<string, number>()
    for (const { key, v } of changes.values()) last.set(key, Math.max(v, last.get(key) ?? 0))
    for (const [key, v] of last)
      for (const running of apps.filter(({ definition: { name, entries } }) => name === app && entries.length > 0)) {
        const row = await answerOf(running, store!, key)
        if (row !== undefined && row !== v)
          faults.push(`I5 ${app} answers ${row} for ${key} of ${store}, and has counted to ${v}`)
      }
  }
  return faults
}

/** Undefined where another process has the key, or this version of the app does not have the store. */
async function answerOf(app: RunningApp, store: string, key: string): Promise<number | undefined> {
  try {
    const row = (await app.store(store).get(key)) as { readonly v: number } | undefined
    return row?.v ?? 0
  } catch (error) {
    if (isMetrobusError(error, 'MB_STORE_ELSEWHERE') || isMetrobusError(error, 'MB_UNKNOWN_STORE')) return undefined
    throw error
  }
}
