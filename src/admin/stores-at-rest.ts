/** Stores read from their logs, for an app that does not run. A row that has expired stays until the app has deleted it: how long rows live, only the app knows. */
import type { BusInspector } from '../bus/bus.ts'
import { MetrobusError } from '../errors/index.ts'
import { roleOf } from './topic-role.ts'

const readMax = 1_000

/** The names of the stores of an app that have a log. */
export async function storesAtRest(inspector: BusInspector, app: string): Promise<readonly string[]> {
  const roles = (await inspector.topics()).map(({ topic }) => roleOf(topic))
  return roles
    .flatMap(({ kind, app: owner, store }) => (kind === 'changes' && owner === app ? [store!] : []))
    .toSorted()
}

/** The newest values of the keys that are wanted; memory for these alone. Throws MB_UNKNOWN_STORE. */
export async function rowsAtRest(
  inspector: BusInspector,
  app: string,
  store: string,
  isWanted: (key: string) => boolean,
): Promise<ReadonlyMap<string, unknown>> {
  const info = (await inspector.topics()).find(({ topic }) => {
    const role = roleOf(topic)
    return role.kind === 'changes' && role.app === app && role.store === store
  })
  if (info === undefined)
    throw new MetrobusError('MB_UNKNOWN_STORE', { store, known: await storesAtRest(inspector, app) })
  const rows = new Map<string, unknown>()
  for (const { partition, begin } of info.partitions)
    for (let offset = begin; ;) {
      const records = await inspector.read(info.topic, partition, offset, readMax)
      if (records.length === 0) break
      for (const { key, data } of records) {
        if (key === null || !isWanted(key)) continue
        if (data === null) rows.delete(key)
        else rows.set(key, data)
      }
      offset = records.at(-1)!.offset + 1
    }
  return rows
}
