/**
 * P3: the event loop is blocked, by a handler or by a stop of the whole process. A handler is reported with its event and the line where it is, and nothing is committed or archived twice.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describeViolations, judge } from '../../../src/testing/index.ts'
import { eventsTo } from '../programs/events.ts'
import { Acknowledgements } from '../real/acknowledgements.ts'
import { archived, judgeApp } from '../real/app-judge.ts'
import { Child, sleep, until } from '../real/child.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

const count = 60

export const row: Row = {
  id: 'P3',
  title:
    'the event loop is blocked, or the process is stopped for a while: told with event and line, and nothing happens twice',
  tiers: 'N',
  isDivisible: true,
  run: (context) =>
    eachCase(context, (item) => (item.number % 2 === 0 ? blockLoop(item, context) : stopProcess(item, context))),
}

async function blockLoop({ number, random }: Case, context: RowContext): Promise<void> {
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const how = random.pick(['spin', 'sleep'])
  const blockMs = random.between(1500, context.tier === 'P' ? 3000 : 20_000)
  const acknowledgements = new Acknowledgements(dir)
  try {
    const life = { dir, how, blockMs, count }
    const child = new Child({ program: 'stuck-app', life, onLine: acknowledgements.hear })
    const { code, lines, errors } = await child.end()
    if (code !== 0) throw new Error(`It ended with ${code}:\n${errors}`)
    const told = lines.filter((line) => line.startsWith('blocked '))
    const isNamed = told.some((line) => line.startsWith(`blocked e${count / 2} `) && line.includes('stuck-app.ts:'))
    if (!isNamed)
      throw new Error(`${how} for ${blockMs} ms is not told with its event and line: ${told.join('; ')}\n${errors}`)
    // Whoever is asked while it lasts can be answered by the log alone.
    if (!errors.includes('the event loop is blocked')) throw new Error(`${how} is not told while it lasts:\n${errors}`)
    const sent = eventsTo(count)
    const places = [{ name: 'archive', events: archived(join(dir, 'archive.ndjson')) }]
    const wrong = judge({ sent, acknowledged: sent.map(({ number }) => number), places })
    if (wrong.length > 0) throw new Error(describeViolations(wrong))
  } finally {
    acknowledgements.close()
  }
  rmSync(dir, { recursive: true })
}

async function stopProcess({ number, random }: Case, context: RowContext): Promise<void> {
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const acknowledgements = new Acknowledgements(dir)
  const life = { dir, from: 1, count: 3000, takesMs: 1 }
  const child = new Child({ program: 'app-life', life, onLine: acknowledgements.hear })
  try {
    await until('some acknowledgements', () => acknowledgements.highest > 50 || child.isOver)
    child.kill('SIGSTOP')
    await sleep(random.between(1000, context.tier === 'P' ? 2000 : 10_000))
    child.kill('SIGCONT')
    const ended = await child.end()
    if (ended.code !== 0) throw new Error(`It ended with ${ended.signal ?? ended.code}:\n${ended.errors}`)
    await judgeApp(dir, acknowledgements, ended)
  } finally {
    child.kill()
    acknowledgements.close()
  }
  rmSync(dir, { recursive: true })
}
