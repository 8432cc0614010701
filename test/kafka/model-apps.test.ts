/** Apps on the model of a cluster: what the runtime asks of a bus whose offsets have gaps. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { RecordsEncoder, stampBatch } from '../../src/bus/kafka/driver/records-encoder.ts'
import { Stage } from '../../src/bus/kafka/model/stage.ts'
import { entry, line, metrobus, stop, topic } from '../../src/index.ts'
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

test('an app asks a cluster that it shares about its own topics and its own group alone', async () => {
  await using it = stageOf(5)
  const others = it.stage.bus()
  await others.open(it.stage.platform)
  await others.ensureTopics([{ name: 'bank.ledger' }, { name: 'orders' }])
  const neighbour = await metrobus('bank', { entries: [entry('tickets', { in: Ticket, route: keep() })] }).start({
    ...it.options(),
    bus: others,
  })
  const { bus, wire } = it.stage.process()
  const asked = new Set<string>()
  const request = wire.request.bind(wire)
  wire.request = (address, api, question, travel) => {
    if (api.name === 'ListOffsets')
      for (const { topic } of (question as { readonly topics: readonly { readonly topic: string }[] }).topics)
        asked.add(topic)
    if (api.name === 'OffsetFetch') asked.add(typeof question === 'string' ? question : (question as Grouped).group)
    return request(address, api, question, travel)
  }
  const running = await tickets(line('all').via(check()).to(keep())).start({ ...it.options(), bus })
  await running.send('tickets', { key: 'a' })
  await running.caughtUp()
  assert.deepEqual(await running.deadLetters.list(), [])
  await running.stop()
  assert.deepEqual(
    [...asked].filter((name) => name !== 'shop' && !name.startsWith('shop.')),
    [],
  )
  await neighbour.stop()
})

interface Grouped {
  readonly group: string
}

test('an id that was sent is one event, over a restart too', async () => {
  await using it = stageOf(3)
  for (let life = 0; life < 2; life++) {
    const running = await tickets(keep()).start(it.options())
    const receipts = await Promise.all([1, 2].map(() => running.send('tickets', { key: 'a' }, { id: 'same' })))
    assert.equal(receipts.filter(({ duplicate }) => duplicate).length, life + 1)
    await running.stop()
  }
})

test('records that no Metrobus wrote enter, and one that is no event is a dead letter with what stood there', async () => {
  await using it = stageOf(4)
  const handled: string[] = []
  const keep = stop('keep', { in: Ticket }, ({ key }) => void handled.push(key))
  const foreign = topic('foreign', { schema: Ticket, key: ({ key }) => key, partitions: 1 })
  const app = metrobus('shop', {
    entries: [entry('tickets', { from: foreign, start: 'beginning', key: ({ key }) => key, route: keep })],
  })
  const running = await app.start(it.options())
  const encoder = new RecordsEncoder()
  for (const value of ['{"key":"a"}', 'no json', '{"key":"b"}']) encoder.append(1, null, value, [])
  const batch = encoder.finish()
  stampBatch(batch, { producerId: 5n, producerEpoch: 0, baseSequence: 0, isTransactional: false })
  it.stage.kafka.topics.get('foreign')!.logs[0]!.append(batch, 1, () => 0)
  await it.stage.until(() => handled.length === 2, 'both are handled', 60_000)
  await running.caughtUp()
  assert.deepEqual(handled.toSorted(), ['a', 'b'])
  const dead = (
    await Promise.all(
      Array.from({ length: 4 }, (_, partition) => running.inspector.read('shop.entry.tickets.dlq', partition, 0, 9)),
    )
  ).flat()
  assert.deepEqual(
    dead.map(({ ride, data }) => [ride, data]),
    [['0/1', 'no json']],
  )
  await running.stop()
})
