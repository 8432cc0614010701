/** Started by `start` and `reopen`: says on stdout when the last stop has been given an event, and ends. */
import { writeSync } from 'node:fs'
import { buses } from './buses.ts'
import { startRun } from './run.ts'

const [dir = ''] = process.argv.slice(2)
const { promise: handled, resolve } = Promise.withResolvers<void>()
const app = await startRun(
  buses.embedded.open(dir, 1),
  () => {
    resolve()
    return undefined
  },
  () => {},
)
const sent = app.send(0)
await handled
writeSync(1, 'handled\n')
await sent
await app.running.stop()
