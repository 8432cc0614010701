/** What no unit may be: mistakes of whoever built it, told at once and never settled. */
import type { Acknowledgement, CommitUnit } from '../event/unit.ts'

/** Every fault of a unit, as a sentence each; empty for a sound one. `recordBytesMax` is checked where the text is known already. */
export function faultsOfUnit(unit: CommitUnit, recordBytesMax: number): string[] {
  const faults: string[] = []
  for (const { topic, partition, records } of unit.outputs) {
    for (let index = 0; index < records.length; index++) {
      const record = records[index]!
      // A character takes at least one byte and at most three, so that most texts need not be measured.
      const text = record.text ?? record.encoded ?? ''
      if (text.length * 3 > recordBytesMax && Buffer.byteLength(text) > recordBytesMax)
        faults.push(`a record for ${topic}/${partition} is larger than ${recordBytesMax} bytes`)
    }
  }
  for (const mark of unit.acknowledgements)
    if (!isSound(mark))
      faults.push(
        `the acknowledgement of ${mark.topic}/${mark.partition} is not ascending and disjoint above its watermark`,
      )
  return faults
}

function isSound({ watermark, above }: Acknowledgement): boolean {
  if (above.length % 2 !== 0) return false
  let last = watermark
  for (const bound of above) {
    if (bound <= last) return false
    last = bound
  }
  return true
}
