import { aclsOf } from '../bus/kafka/acls.ts'
import type { AclOptions, KafkaAcl } from '../bus/kafka/acls.ts'
import type { MetroMap } from '../itinerary/map.ts'

/** The rules of every app of these maps. A declared topic that nobody in its app writes or reads is one that the app publishes. */
export function aclsOfMaps(maps: readonly MetroMap[], options: AclOptions): KafkaAcl[] {
  return maps.flatMap(({ app, topics, edges }) => {
    const leads = (kind: 'emit' | 'from', topic: string): boolean =>
      edges.some((edge) => edge.kind === kind && (kind === 'emit' ? edge.to : edge.from) === `topic:${topic}`)
    const reads = topics.filter((topic) => leads('from', topic))
    const publishes = topics.filter((topic) => leads('emit', topic) || !reads.includes(topic))
    return aclsOf({ app, publishes, reads }, options)
  })
}
