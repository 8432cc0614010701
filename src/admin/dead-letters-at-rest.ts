/** The dead letters of an app that does not run, read from its topics: the same answers, and nothing can be changed. */
import type { BusInspector, TopicInfo } from '../bus/bus.ts'
import { AckSet } from '../runtime/ack-set.ts'
import { describeRecord, fits } from '../runtime/letter.ts'
import type { DeadLetterFilter, DeadLetterGroup, DeadLetterRecord } from '../runtime/running.ts'
import type { ReadableDeadLetters } from './subject.ts'
import { roleOf } from './topic-role.ts'

const readMax = 256

/** Of this app; of all apps of the journal when none is named. */
export function deadLettersAtRest(inspector: BusInspector, app: string | undefined): ReadableDeadLetters {
  return {
    async list(filter = {}, { after, countMax = 100 } = {}) {
      const found: DeadLetterRecord[] = []
      let isBehind = after === undefined
      for await (const letter of waiting(inspector, app, filter)) {
        if (isBehind) found.push(letter)
        isBehind ||= letter.place === after
        if (found.length >= countMax) break
      }
      return found
    },
    async groups(filter = {}) {
      const groups = new Map<string, { -readonly [Field in keyof DeadLetterGroup]: DeadLetterGroup[Field] }>()
      for await (const { fingerprint, stop, cause, message, firstFailure, lastFailure } of waiting(
        inspector,
        app,
        filter,
      )) {
        const group = groups.get(fingerprint) ?? {
          fingerprint,
          stop,
          cause,
          message,
          count: 0,
          first: firstFailure,
          last: lastFailure,
        }
        group.count++
        group.first = Math.min(group.first, firstFailure)
        group.last = Math.max(group.last, lastFailure)
        groups.set(fingerprint, group)
      }
      return [...groups.values()].sort((one, other) => other.count - one.count)
    },
    async show(place) {
      const [stop, partition = '', offset = ''] = place.split('/')
      if (!/^\d+$/.test(partition) || !/^\d+$/.test(offset)) return undefined
      for (const { topic, app: owner, stop: name } of await deadTopics(inspector, app)) {
        if (name !== stop || !topic.partitions.some((known) => known.partition === Number(partition))) continue
        const [record] = await inspector.read(topic.topic, Number(partition), Number(offset), 1)
        if (record?.offset !== Number(offset)) continue
        const isSettled = (await settledOf(inspector, owner, topic.topic, Number(partition))).has(record.offset)
        return describeRecord(name, Number(partition), record, isSettled ? 'settled' : 'waiting')
      }
      return undefined
    },
  }
}

interface DeadTopic {
  readonly topic: TopicInfo
  readonly app: string
  readonly stop: string
}

async function deadTopics(inspector: BusInspector, wanted: string | undefined): Promise<readonly DeadTopic[]> {
  return (await inspector.topics()).flatMap((topic) => {
    const { kind, app, stop } = roleOf(topic.topic)
    const isWanted =
      kind === 'dead' && app !== undefined && stop !== undefined && (wanted === undefined || app === wanted)
    return isWanted ? [{ topic, app, stop }] : []
  })
}

/** In the order of stop, partition and offset, as a running app lists them. */
async function* waiting(
  inspector: BusInspector,
  app: string | undefined,
  filter: DeadLetterFilter,
): AsyncGenerator<DeadLetterRecord> {
  for (const { topic, app: owner, stop } of await deadTopics(inspector, app)) {
    if (filter.stop !== undefined && filter.stop !== stop) continue
    for (const { partition, begin, end } of topic.partitions) {
      const settled = await settledOf(inspector, owner, topic.topic, partition)
      for (let offset = Math.max(begin, settled.watermark); offset < end;) {
        const records = await inspector.read(topic.topic, partition, offset, readMax)
        for (const record of records) {
          const letter = describeRecord(stop, partition, record, 'waiting')
          if (!settled.has(record.offset) && fits(letter, filter)) yield letter
        }
        offset = (records.at(-1)?.offset ?? end) + 1
      }
    }
  }
}

async function settledOf(inspector: BusInspector, app: string, topic: string, partition: number): Promise<AckSet> {
  const own = (await inspector.groups()).find(({ group }) => group === app)
  const position = own?.positions.find((known) => known.topic === topic && known.partition === partition)
  return new AckSet(position?.watermark ?? 0, position?.above ?? [])
}
