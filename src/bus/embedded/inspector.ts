/**
 * What operators see of a journal: only what is durable, as everybody else. The journal's tables are ahead of the disk, so they are copied first,
 * and answered once what they held is durable.
 */
import { MetrobusError } from '../../errors/index.ts'
import type { Record } from '../../event/record.ts'
import type { Journal } from '../../journal/index.ts'
import type { BusInspector } from '../bus.ts'

/** One read of the journal; a page of any size is made of them. */
const readBytesMax = 1024 * 1024

/** `isInUse` tells whether a member of the group is running. */
export function inspectorOf(journal: Journal, isInUse: (group: string) => boolean): BusInspector {
  return {
    async topics(isWanted = () => true) {
      const topics = journal.topics().filter(({ name }) => isWanted(name))
      await journal.synced()
      return topics.map(({ name, partitions, retention, bytes }) => ({ topic: name, partitions, retention, bytes }))
    },
    async groups(isWanted = () => true) {
      const groups = journal
        .groups()
        .filter(isWanted)
        .map((group) => ({ group, positions: journal.positions(group) }))
      await journal.synced()
      return groups
    },
    async read(topic, partition, offset, recordsMax) {
      const page: Record[] = []
      let next = offset
      while (page.length < recordsMax) {
        const records = await journal.read(topic, partition, next, {
          recordsMax: recordsMax - page.length,
          bytesMax: readBytesMax,
        })
        const last = records.at(-1)
        if (last === undefined) break
        page.push(...records)
        next = last.offset + 1
      }
      return page
    },
    offsetAt: (topic, partition, timeMs) => journal.offsetAt(topic, partition, timeMs),
    ride: (ride) => journal.ride(ride),
    async seek(group, position) {
      if (isInUse(group)) throw new MetrobusError('MB_GROUP_IN_USE', { group })
      journal.seek(group, [position])
      await journal.synced()
    },
    async rows(group, store, partition) {
      const rows = new Map(journal.rows(group, store, partition))
      await journal.synced()
      return rows
    },
  }
}
