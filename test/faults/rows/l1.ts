/**
 * L1: ten times the load that an app can take, from senders that do not wait. It handles as much as it can, what it admits it admits quickly, and soon afterwards all is as before.
 *
 * The journal takes far more than this stop handles, so what is admitted waits on the disk, and a send is slow only when entries are pressed.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runToEnd } from '../real/child.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

const goodputShareMin = 0.9
const recoveryMsMax = 10_000
const seconds = { P: 5, N: 120 } as const

export const row: Row = {
  id: 'L1',
  title: 'ten times the load: as much is handled as without, and 10 s later sends are as quick as before',
  tiers: 'N',
  isAlone: true,
  caseMinutes: 6,
  run: (context) => eachCase(context, (item) => overload(item, context)),
}

async function overload({ number }: Case, context: RowContext): Promise<void> {
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const life = { dir, seconds: seconds[context.tier] }
  const { code, lines, errors } = await runToEnd({ program: 'overloaded-app', life }, 600_000)
  if (code !== 0) throw new Error(`It ended with ${code}:\n${errors}`)
  const phase = (name: string): { readonly handled: number; readonly p99: number } => {
    const [, , handled, p99] = lines.find((line) => line.startsWith(`phase ${name} `))!.split(' ')
    return { handled: Number(handled), p99: Number(p99) }
  }
  const calm = phase('calm')
  const over = phase('overload')
  const recoveredMs = Number(lines.find((line) => line.startsWith('recovered '))!.slice(10))
  context.note(
    `handled ${over.handled}/s under ten times the load, ${calm.handled}/s before; p99 of send ${over.p99} ms, ${calm.p99} ms before; as before after ${recoveredMs} ms`,
  )
  if (recoveredMs > recoveryMsMax) throw new Error(`${recoveredMs} ms after the overload sends are still slow`)
  // Short runs tell nothing about speed.
  if (context.tier === 'N' && over.handled < calm.handled * goodputShareMin)
    throw new Error(`${over.handled} events a second under overload, and ${calm.handled} before`)
  rmSync(dir, { recursive: true })
}
