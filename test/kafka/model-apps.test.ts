/** Apps on the model of a cluster: what the runtime asks of a bus whose offsets have gaps. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { Stage } from '../../src/bus/kafka/model/stage.ts'
import { entry, line, metrobus, stop } from '../../src/index.ts'
import { silentLog } from '../../src/internal/log.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../src/testing/index.ts'

const Ticket = z.object({ key: z.string() })

function stageOf(seed: number) {
  const platform = { clock: new VirtualClock(), random: new SeededRandom(seed), disk: new SimDisk() }
  const stage = new Stage(platform, new SeededRandom(seed + 1))
  const options = () => ({ bus: stage.bus(), platform, log: silentLog, blockedAfter: 0 })
  return { stage, options, [Symbol.asyncDispose]: () => stage.end() }
}

const check = () => stop('check', { in: Ticket, out: Ticket, effects: 'none' }, (ticket) => ticket)
const keep = () => stop('keep', { in: Ticket, effects: 'none' }, () => {})
const tickets = (route: ReturnType<typeof keep> | ReturnType<ReturnType<ReturnType<typeof line>['via']>['to']>) =>
  metrobus('shop', { entries: [entry('tickets', { in: Ticket, key: ({ key }) => key, route })] })

test('an app has caught up though markers of transactions lie behind the last event', async () => {
  await using it = stageOf(1)
  const running = await tickets(line('all').via(check()).to(keep())).start(it.options())
  for (let number = 0; number < 20; number++) await running.send('tickets', { key: `${number}` })
  await running.caughtUp()
  assert.deepEqual(
    running.stats().stops.map((one) => one.in),
    [20, 20],
  )
  await running.stop()
})

test('a stop whose events are all settled can be taken away', async () => {
  await using it = stageOf(2)
  const before = await tickets(line('all').via(check()).to(keep())).start(it.options())
  for (let number = 0; number < 5; number++) await before.send('tickets', { key: `${number}` })
  await before.caughtUp()
  await before.stop()
  const after = await tickets(keep()).start(it.options())
  await after.stop()
})

test('an id that was sent is one event, over a restart too', async () => {
  await using it = stageOf(3)
  for (let life = 0; life < 2; life++) {
    const running = await tickets(keep()).start(it.options())
    const receipts = await Promise.all([1, 2].map(() => running.send('tickets', { key: 'a' }, { id: 'same' })))
    assert.equal(receipts.filter(({ duplicate }) => duplicate).length, life + 1)
    await running.stop()
  }
})
