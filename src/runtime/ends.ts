import type { BusInspector } from '../bus/bus.ts'

/** The end of every topic partition, by `<topic>/<partition>`. */
export async function endsOf(inspector: BusInspector): Promise<ReadonlyMap<string, number>> {
  const ends = new Map<string, number>()
  for (const { topic, partitions } of await inspector.topics())
    for (const { partition, end } of partitions) ends.set(`${topic}/${partition}`, end)
  return ends
}
