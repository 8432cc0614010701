/** Started by `reopen`: sends without end, until it is killed. */
import { buses } from './buses.ts'
import { sendAll } from './load.ts'
import { startRun } from './run.ts'

const [dir = ''] = process.argv.slice(2)
const app = await startRun(
  buses.embedded.open(dir, 1),
  () => undefined,
  () => {},
)
await app.during(sendAll(Number.MAX_SAFE_INTEGER, (index) => app.send(index + 1)))
