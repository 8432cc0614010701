/**
 * P4: an app is stopped past every timeout and wakes up again. On the embedded bus nobody can take its place: the journal stays its own, others are refused, and it goes on
 * where it was. Its attempts are past their deadlines by then; their events ride all the same, each once.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Acknowledgements } from '../real/acknowledgements.ts'
import { judgeApp } from '../real/app-judge.ts'
import { Child, sleep, until } from '../real/child.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

export const row: Row = {
  id: 'P4',
  title:
    'an app is stopped past its timeouts and wakes up: the journal was its own all the time, and nothing happens twice',
  tiers: 'N',
  isDivisible: true,
  run: (context) => eachCase(context, (item) => sleepAndWake(item, context)),
}

async function sleepAndWake({ number, random }: Case, context: RowContext): Promise<void> {
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const acknowledgements = new Acknowledgements(dir)
  const life = { dir, from: 1, count: 600, takesMs: 5, deadlineMs: 300 }
  const app = new Child({ program: 'app-life', life, onLine: acknowledgements.hear })
  const others: Child[] = []
  try {
    await until('some acknowledgements', () => acknowledgements.highest > 20 || app.isOver)
    for (let times = random.between(1, 3); times > 0 && !app.isOver; times--) {
      app.kill('SIGSTOP')
      const other = new Child({
        program: 'lock-race',
        life: { dir: join(dir, 'journal'), as: random.pick(['journal', 'app']) },
      })
      others.push(other)
      const answer = await other.line('')
      if (!app.isOver && !answer.includes(`in use by process ${app.pid}`))
        throw new Error(`Another process was answered: ${answer}`)
      await sleep(random.between(400, 2000))
      app.kill('SIGCONT')
      await sleep(random.between(50, 500))
    }
    const ended = await app.end()
    if (ended.code !== 0) throw new Error(`It ended with ${ended.signal ?? ended.code}:\n${ended.errors}`)
    await judgeApp(dir, acknowledgements, ended)
  } finally {
    for (const child of [app, ...others]) child.kill()
    acknowledgements.close()
  }
  rmSync(dir, { recursive: true })
}
