/**
 * P8: no more processes or threads may be made. An app that starts under such a limit works, or ends with an error; it never hangs, and what it acknowledged is there.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Acknowledgements } from '../real/acknowledgements.ts'
import { judgeApp } from '../real/app-judge.ts'
import { Child, runToEnd } from '../real/child.ts'
import { ControlGroup } from '../real/proc.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

/** Node has about ten threads, gives up by itself below that, and hangs before it has run a line of ours below seven. */
const threads = { from: 7, to: 16 }
const count = 200

export const row: Row = {
  id: 'P8',
  title: 'no threads may be made: an app works or ends with an error, never hangs, and loses nothing',
  tiers: 'N',
  isDivisible: true,
  run: (context) => eachCase(context, (item) => starve(item, context)),
}

async function starve({ number, random }: Case, context: RowContext): Promise<void> {
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const group = new ControlGroup('pids', { 'pids.max': random.between(threads.from, threads.to) })
  const acknowledgements = new Acknowledgements(dir)
  try {
    const life = { dir, from: 1, count }
    const child = new Child({ program: 'app-life', life, before: group.before, onLine: acknowledgements.hear })
    const { code, signal, errors, lines } = await child.end()
    if (code === 0 && !lines.includes('done')) throw new Error('It ended as if all were well')
    if (code !== 0 && signal === null && errors === '') throw new Error(`It ended with ${code} and said nothing`)
    await judgeApp(dir, acknowledgements)
    const last = await runToEnd({ program: 'app-life', life, onLine: acknowledgements.hear })
    if (last.code !== 0) throw new Error(`It does not start again:\n${last.errors}`)
    await judgeApp(dir, acknowledgements, last)
  } finally {
    acknowledgements.close()
    group.remove()
  }
  rmSync(dir, { recursive: true })
}
