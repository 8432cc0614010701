/**
 * A declared topic has one owner: the app that publishes it. Each app writes what it owns into its own state, and a second owner is refused at start.
 */
import type { BusInspector, Member } from '../bus/bus.ts'
import { MetrobusError } from '../errors/index.ts'
import type { AppDefinition } from './definition.ts'

const store = 'owns'

/** Claims the topics of an app, gives back those that it no longer publishes. Throws MB_NOT_OWNER. */
export async function claimTopics(definition: AppDefinition, member: Member, inspector: BusInspector): Promise<void> {
  const names = new Set(definition.publishes.map((topic) => topic.name))
  const claimed = await member.load(store, 0)
  const gone = [...claimed.keys()].filter((topic) => !names.has(topic))
  const fresh = [...names].filter((topic) => !claimed.has(topic))
  if (gone.length > 0 || fresh.length > 0)
    await member.settle({
      outputs: [],
      acknowledgements: [],
      changes: [...gone.map((key) => ({ store, partition: 0, key, value: null })), ...fresh.map((key) => ({ store, partition: 0, key, value: 'true' }))],
    })
  if (names.size === 0) return
  for (const { group } of await inspector.groups()) {
    if (group === definition.name) continue
    const others = await inspector.rows(group, store, 0)
    const topic = [...names].find((name) => others.has(name))
    if (topic === undefined) continue
    await member.settle({ outputs: [], acknowledgements: [], changes: fresh.map((key) => ({ store, partition: 0, key, value: null })) })
    throw new MetrobusError('MB_NOT_OWNER', { topic, app: definition.name, owner: group })
  }
}
