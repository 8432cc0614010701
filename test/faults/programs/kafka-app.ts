/**
 * An instance of the tally on Kafka (`test/kafka/programs/tally.ts`). It sends events of every key in rounds, each with an id of its own, and prints `ack <key> <number>` for each that was acknowledged, until
 * SIGUSR2; with no keys it only rides along. SIGTERM stops it in good order.
 */
import { busOf, tallyOf } from '../../kafka/programs/tally.ts'

const { prefix, brokers, keys, everyMs, dwellTimes } = JSON.parse(process.argv[2]!) as {
  readonly prefix: string
  readonly brokers: readonly string[]
  readonly keys: readonly string[]
  readonly everyMs: number
  /** So many times longer than the tally does its stop in the middle dwell on an event. */
  readonly dwellTimes: number
}

const sending = { isOver: keys.length === 0 }
process.once('SIGUSR2', () => (sending.isOver = true))
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const running = await tallyOf((ms) => wait(ms * dwellTimes)).start({ bus: busOf(brokers, prefix) })
process.once('SIGTERM', () => void running.stop().then(() => process.exit(0)))
running.stopped.catch(fail)
console.log('begun')
let number = 0
while (!sending.isOver) {
  number++
  await Promise.all(
    keys.map(async (key) => {
      await running.send('tickets', { key, number }, { id: `${key}.${number}` })
      console.log(`ack ${key} ${number}`)
    }),
  ).catch(fail)
  await wait(everyMs)
}
if (keys.length > 0) console.log(`sent ${number}`)

function fail(error: unknown): never {
  console.error(error)
  process.exit(1)
}
