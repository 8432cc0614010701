/**
 * L1: ten times the load that an app can take, from senders that do not wait. It handles as much as at full load, what it admits rides as quickly, and soon afterwards all is as before.
 *
 * Both loads come in turns within one run, and each turn is compared with the one before it: what else the machine does, it does to both.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { slowerMax } from '../programs/overloaded-places.ts'
import { runToEnd } from '../real/child.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

const goodputShareMin = 0.9
const recoveryMsMax = 10_000
const lives = { P: { turns: 3, turnMs: 2000 }, N: { turns: 6, turnMs: 20_000 } } as const

export const row: Row = {
  id: 'L1',
  title: 'ten times the load: as much is handled as at full load, as quickly, and 10 s later all is as before',
  tiers: 'N',
  isAlone: true,
  caseMinutes: 6,
  run: (context) => eachCase(context, (item) => overload(item, context)),
}

interface Turn {
  readonly name: string
  readonly handled: number
  readonly p99: number
}

async function overload({ number }: Case, context: RowContext): Promise<void> {
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const life = { dir, ...lives[context.tier] }
  const { code, lines, errors } = await runToEnd({ program: 'overloaded-app', life }, 600_000)
  if (code !== 0) throw new Error(`It ended with ${code}:\n${errors}`)
  rmSync(dir, { recursive: true })
  const turns = lines.flatMap((line) => turnIn(line))
  const full = turns.filter(({ name }) => name === 'full')
  const over = turns.filter(({ name }) => name === 'over')
  const goodput = median(over.map(({ handled }, index) => handled / full[index]!.handled))
  const slower = median(over.map(({ p99 }, index) => p99 / full[index]!.p99))
  const recoveredMs = Number(lines.find((line) => line.startsWith('recovered '))!.slice('recovered '.length))
  context.note(
    `${Math.round(goodput * 100)} % of what is handled at full load (${median(full.map(({ handled }) => handled))}/s), ` +
      `p99 of the admitted ${slower.toFixed(2)} times that of full load, as before after ${recoveredMs} ms`,
  )
  if (recoveredMs > recoveryMsMax) throw new Error(`${recoveredMs} ms after the overload events are still slow`)
  // Short turns tell nothing about speed.
  if (context.tier === 'P') return
  if (goodput < goodputShareMin) throw new Error(`Overloaded it handles ${Math.round(goodput * 100)} % of what it can`)
  if (slower > slowerMax) throw new Error(`Overloaded the admitted take ${slower.toFixed(1)} times as long`)
}

function turnIn(line: string): readonly Turn[] {
  const [word, name = '', handled, p99] = line.split(' ')
  return word === 'turn' ? [{ name, handled: Number(handled), p99: Number(p99) }] : []
}

const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[values.length >> 1]!
