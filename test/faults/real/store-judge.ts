/** Looks at what an app with a store has left: its file, its log and its events must tell the same. */
import { embedded } from '../../../src/index.ts'
import { sqlite } from '../../../src/store/sqlite/index.ts'
import type { StoreEngine } from '../../../src/store/store.ts'
import { changed, journalOf, storeApp, tablesOf, Total } from '../programs/store-places.ts'

type Rows = ReadonlyMap<string, Total>

interface Counted {
  readonly key: string
  readonly number: number
}

/** Starts the app on its file and, once more, without it; throws where the rows are not what the events make. Answers how many events there were. */
export async function judgeStore(dir: string, durable: number): Promise<number> {
  const fromFile = await rowsOf(dir, sqlite({ dir: tablesOf(dir) }))
  const fromLog = await rowsOf(dir, undefined)
  const expected = new Map<string, Total>()
  for (const { key, number } of fromLog.events) {
    const total = changed(expected.get(key), number)
    if (total === undefined) expected.delete(key)
    else expected.set(key, total)
  }
  const numbers = new Set(fromLog.events.map(({ number }) => number))
  if (numbers.size !== fromLog.events.length) throw new Error(`I2 of ${fromLog.events.length} events some are doubled`)
  for (let number = 1; number <= durable; number++)
    if (!numbers.has(number)) throw new Error(`I1 event ${number} of ${durable} is lost`)
  const [file, log, events] = [fromFile.rows, fromLog.rows, expected].map(inOrder)
  if (log !== events) throw new Error(`I5 the log of the store says ${log}, and its events make ${events}`)
  if (file !== log) throw new Error(`I5 the store of the file is ${file}, and its log says ${log}`)
  return numbers.size
}

const inOrder = (rows: Rows): string => JSON.stringify([...rows].toSorted(([one], [other]) => (one < other ? -1 : 1)))

async function rowsOf(
  dir: string,
  stores: StoreEngine | undefined,
): Promise<{ readonly rows: Rows; readonly events: readonly Counted[] }> {
  const bus = embedded({ dir: journalOf(dir) })
  const running = await storeApp.start({ bus, socket: false, ...(stores === undefined ? {} : { stores }) })
  try {
    await running.caughtUp()
    const { rows } = await running.store('totals').range({ limit: 10_000 })
    const events: Counted[] = []
    for (let partition = 0; partition < bus.partitions('stores.count'); partition++)
      for (const { data } of await running.inspector.read('stores.count', partition, 0, 1_000_000))
        events.push(data as Counted)
    return { rows: new Map(rows.map(({ key, value }) => [key, Total.parse(value)])), events }
  } finally {
    await running.stop()
  }
}
