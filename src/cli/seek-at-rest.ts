/** Moves a position in the files of an app that does not run, under the lock of its journal. */
import { embedded } from '../bus/embedded/index.ts'
import { nodePlatform } from '../internal/platform/node.ts'
import type { SeekPlan, SeekRequest } from '../runtime/controls.ts'
import { checkParked, planSeek } from '../runtime/seek.ts'
import { stopTopics } from '../runtime/topics.ts'

const nobody = { assigned() {}, revoked() {}, ready() {}, failed() {}, pressed() {} }

/** Throws MB_JOURNAL_LOCKED, MB_NOT_FOUND, MB_SEEK_PARKED. */
export async function seekAtRest(dir: string, app: string, request: SeekRequest): Promise<SeekPlan> {
  const bus = embedded({ dir, note: `process ${process.pid} (metrobus seek)` })
  await bus.open(nodePlatform)
  try {
    const topics = stopTopics(app, request.stop)
    // First: a topic that is not there cannot be joined.
    await planSeek(bus.inspector, app, topics, request)
    const member = await bus.join(app, [{ topic: topics.input }, { topic: topics.parking }], nobody)
    const { plan, unit } = await planSeek(bus.inspector, app, topics, request)
    checkParked(plan, request)
    await member.seek!(unit.acknowledgements, unit.changes)
    await member.leave()
    return plan
  } finally {
    await bus.close()
  }
}
