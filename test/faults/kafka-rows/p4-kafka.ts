/**
 * P4 on Kafka: an instance is stopped for longer than its session, others take its partitions over, and it wakes up in the middle of what it was doing. What it hands over then is refused: nothing of it is
 * visible. Then it rides along again.
 */
import { sleep } from '../real/child.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

export const row: Row = {
  id: 'P4-KAFKA',
  title:
    'an instance hangs past its session and wakes up as a zombie: nothing of it is visible, and it rides along again',
  tiers: 'PN',
  isAlone: true,
  caseMinutes: 5,
  run: (context) => eachCase(context, (item) => sleepAndWake(item, context)),
}

/**
 * Handlers are under way whenever it is stopped: when it wakes up their time is over at once, and what they decided is handed over before its group has told it anything.
 */
const pace = { everyMs: 100, dwellTimes: 40 }
/** Of the brokers of tests. */
const sessionMs = 3_000
const times = 4

async function sleepAndWake(item: Case, context: RowContext): Promise<void> {
  const { Campaign } = await import('../kafka/campaign.ts')
  const { random } = item
  await Campaign.run(item, context, pace, async (campaign) => {
    const zombie = campaign.instances[1]!
    for (let round = 0; round < times; round++) {
      zombie.kill('SIGSTOP')
      // The sender has everything once the session is over.
      await sleep(sessionMs + random.between(0, 3_000))
      await campaign.progress(200)
      zombie.kill('SIGCONT')
      context.count('zombies', 1)
      await campaign.progress(200)
      await sleep(random.between(0, 2_000))
    }
  })
}
