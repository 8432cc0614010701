/**
 * H4: dead letters where it is hard to write them: of events as large as an event may be, in a process that is killed while it writes them; and many of them, replayed by two operators at once and
 * killed in the midst. No event is skipped, and each is replayed once.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { nodePlatform } from '../../../src/internal/platform/node.ts'
import { openJournal } from '../../../src/journal/index.ts'
import { eventsIn } from '../../journal/events-in.ts'
import type { FailingLife } from '../programs/failing-places.ts'
import { archived } from '../real/app-judge.ts'
import { Child, runToEnd, sleep } from '../real/child.ts'
import { deadIn, judgeFailing } from '../real/failing-judge.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

/** The app takes records of 16 KiB. */
const largeBytes = { from: 12_000, to: 15_000 }

export const row: Row = {
  id: 'H4',
  title:
    'dead letters of the largest events, killed while they are written and while they are replayed: none skipped, each replayed once',
  tiers: 'N',
  caseMinutes: 2,
  isDivisible: true,
  run: (context) => eachCase(context, (item) => giveUpAndReplay(item, context)),
}

async function giveUpAndReplay({ number, random }: Case, context: RowContext): Promise<void> {
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const count = context.tier === 'P' ? 400 : 4000
  const poisonBytes = random.between(largeBytes.from, largeBytes.to)
  const life: FailingLife = { dir, bus: 'embedded', from: 1, count, way: 'throw', badOf: 0, poisonOf: 2, poisonBytes }
  await killAfter(life, random.between(100, 1500))
  const given = await runToEnd({ program: 'failing-app', life })
  if (given.code !== 0) throw new Error(`It ended with ${given.code}:\n${given.errors}`)
  judgeFailing(life, count, given.lines)

  const healed = { ...life, replays: true }
  await killAfter(healed, random.between(200, 900))
  const replayed = await runToEnd({ program: 'failing-app', life: healed })
  if (replayed.code !== 0) throw new Error(`It ended with ${replayed.code}:\n${replayed.errors}`)
  if (deadIn(replayed.lines).length > 0)
    throw new Error(`${deadIn(replayed.lines).length} dead letters were not replayed`)
  // A replayed event joins the end, so the order of keys is not promised: each must have come to the last stop once. The archive would hide a second time.
  const kept = await keptIn(join(dir, 'journal'))
  if (kept.length !== count || new Set(kept).size !== count)
    throw new Error(
      `${count} events, and ${kept.length} came to the last stop, ${new Set(kept).size} of them different`,
    )
  const archivedCount = archived(join(dir, 'archive.ndjson')).length
  if (archivedCount !== count) throw new Error(`${count} events, and ${archivedCount} in the archive`)
  rmSync(dir, { recursive: true })
}

async function killAfter(life: FailingLife, ms: number): Promise<void> {
  const child = new Child({ program: 'failing-app', life })
  await child.line('ready')
  await sleep(ms)
  child.kill()
  await child.ended
}

async function keptIn(dir: string): Promise<readonly number[]> {
  const journal = await openJournal({ dir, platform: nodePlatform, readOnly: true })
  try {
    return (await eventsIn(journal, 'failing.keep')).map(({ number }) => number)
  } finally {
    await journal.close()
  }
}
