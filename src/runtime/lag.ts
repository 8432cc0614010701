/** How far a group is behind in a partition. */
import type { BusInspector } from '../bus/bus.ts'
import type { Acknowledgement } from '../event/unit.ts'

/** Records not settled, and the age of the oldest of them in milliseconds; 0 when nothing waits. On a bus whose offsets have gaps, more than wait may be told. */
export interface Lag {
  readonly behind: number
  readonly oldestMs: number
}

/** Reads one record at most: the oldest that waits. */
export async function lagIn(
  inspector: BusInspector,
  { topic, partition, watermark, above }: Acknowledgement,
  { begin, end }: { readonly begin: number; readonly end: number },
  now: number,
): Promise<Lag> {
  const from = Math.max(watermark, begin)
  const behind = leftIn({ watermark, above }, { begin, end })
  const [oldest] = behind > 0 ? await inspector.read(topic, partition, from, 1) : []
  // Where offsets have gaps, what is left may be nothing but gaps.
  if (oldest === undefined) return { behind: 0, oldestMs: 0 }
  return { behind, oldestMs: Math.max(now - oldest.appendedAt, 0) }
}

/** Records of a partition that are not among the settled ones. */
export function leftIn(
  { watermark, above }: Pick<Acknowledgement, 'watermark' | 'above'>,
  { begin, end }: { readonly begin: number; readonly end: number },
): number {
  // Retention may have removed settled records, never unsettled ones; after a seek the watermark may lie before the oldest kept.
  const from = Math.max(watermark, begin)
  let behind = Math.max(end - from, 0)
  for (let index = 0; index + 1 < above.length; index += 2)
    behind -= Math.max(above[index + 1]! - Math.max(above[index]!, from), 0)
  return behind
}
