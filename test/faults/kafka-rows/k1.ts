/**
 * K1: brokers are killed while an app runs, those that matter most: who leads a partition of it, who coordinates its group, who coordinates its transactions. Each comes back, and the next is killed.
 */
import { sleep } from '../real/child.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

export const row: Row = {
  id: 'K1',
  title: 'brokers are killed that lead and coordinate: nothing is lost, doubled or out of order, and the app goes on',
  tiers: 'PN',
  isAlone: true,
  caseMinutes: 5,
  run: (context) => eachCase(context, (item) => killBrokers(item, context)),
}

/** Many events, so that a kill cuts many things off. */
const pace = { everyMs: 10, dwellTimes: 1 }
const roles = ['leader', 'coordinator of the group', 'coordinator of transactions'] as const

async function killBrokers(item: Case, context: RowContext): Promise<void> {
  // Only where brokers run: the list of rows is read without them.
  const { brokers, Campaign } = await import('../kafka/campaign.ts')
  const { random } = item
  try {
    await Campaign.run(item, context, pace, async (campaign) => {
      const { cluster, prefix } = campaign
      const topic = `${prefix}tally.count`
      for (const role of random.shuffle(roles)) {
        await cluster.refresh([topic])
        const group = `${prefix}tally`
        cluster.forget('group', group)
        const nodeOf = {
          leader: async () => cluster.leader(topic, random.between(0, 5))?.node,
          'coordinator of the group': () => cluster.coordinator('group', group),
          'coordinator of transactions': () => cluster.coordinator('transaction', `${group}.any`),
        }
        const node = (await nodeOf[role]()) ?? 1
        await brokers.stop(node)
        await sleep(random.between(0, 5_000))
        await brokers.start()
        context.count('broker kills', 1)
        await campaign.progress(500)
      }
    })
  } finally {
    await brokers.start()
  }
}
