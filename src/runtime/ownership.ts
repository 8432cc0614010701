/**
 * A declared topic has one owner: the app that publishes it. Each app writes what it owns into its own state, and a second owner is refused at start.
 */
import type { BusInspector, Member } from '../bus/bus.ts'
import { MetrobusError } from '../errors/index.ts'
import type { StateChange } from '../event/unit.ts'
import type { Clock } from '../internal/platform/platform.ts'
import type { AppDefinition } from './definition.ts'
import { settleRows } from './settle.ts'

const store = 'owns'

/** Claims the topics of an app, gives back those that it no longer publishes. Throws MB_NOT_OWNER. */
export async function claimTopics(
  definition: AppDefinition,
  member: Member,
  clock: Clock,
  inspector: BusInspector,
): Promise<void> {
  const names = new Set(definition.publishes.map((topic) => topic.name))
  const claimed = await member.load(store, 0)
  const gone = [...claimed.keys()].filter((topic) => !names.has(topic))
  const fresh = [...names].filter((topic) => !claimed.has(topic))
  const row = (key: string, value: string | null): StateChange => ({ store, partition: 0, key, value })
  await settleRows(member, clock, [
    ...gone.map((topic) => row(topic, null)),
    ...fresh.map((topic) => row(topic, 'true')),
  ])
  if (names.size === 0) return
  for (const { group } of await inspector.groups()) {
    if (group === definition.name) continue
    const others = await inspector.rows(group, store, 0)
    const topic = [...names].find((name) => others.has(name))
    if (topic === undefined) continue
    await settleRows(
      member,
      clock,
      fresh.map((name) => row(name, null)),
    )
    throw new MetrobusError('MB_NOT_OWNER', { topic, app: definition.name, owner: group })
  }
}
