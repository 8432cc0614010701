import type { BusInspector } from '../bus/bus.ts'

/** The end of every partition of these topics, by `<topic>/<partition>`. */
export async function endsOf(
  inspector: BusInspector,
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, number>> {
  const ends = new Map<string, number>()
  for (const { topic, partitions } of await inspector.topics((topic) => names.has(topic)))
    for (const { partition, end } of partitions) ends.set(`${topic}/${partition}`, end)
  return ends
}
