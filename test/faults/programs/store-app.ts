/** An app that counts by key in a store with a file, as fast as it can, until it is killed. Says `ready`, and `durable <number>` of the newest event that is. */
import { embedded } from '../../../src/index.ts'
import { sqlite } from '../../../src/store/sqlite/index.ts'
import { journalOf, storeApp, tablesOf } from './store-places.ts'
import type { StoreLife } from './store-places.ts'

const { dir, from } = JSON.parse(process.argv[2]!) as StoreLife
const burst = 20

const running = await storeApp.start({
  bus: embedded({ dir: journalOf(dir) }),
  stores: sqlite({ dir: tablesOf(dir) }),
  socket: false,
})
process.stdout.write('ready\n')
for (let number = from; ; number += burst) {
  await Promise.all(
    Array.from({ length: burst }, (_, index) =>
      running.send('items', { key: `k${(number + index) % 40}`, number: number + index }, { id: `e${number + index}` }),
    ),
  )
  process.stdout.write(`durable ${number + burst - 1}\n`)
}
