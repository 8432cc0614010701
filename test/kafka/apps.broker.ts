/** Whole apps on real brokers: instances and brokers die, and no event is lost, doubled or out of order. */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, suite, test } from 'node:test'
import type { Bus } from '../../src/bus/bus.ts'
import { nodePlatform } from '../../src/internal/platform/node.ts'
import { busOf, counts, tally } from './programs/tally.ts'
import { brokers, fresh, seconds } from './stage.ts'

const keys = Array.from({ length: 12 }, (_, index) => `key-${index}`)
const program = new URL('./programs/tally.ts', import.meta.url)

async function instance(prefix: string): Promise<ChildProcess> {
  const child = fork(program, [prefix, ...brokers.bootstrap])
  await once(child, 'message')
  return child
}

type Tally = Awaited<ReturnType<ReturnType<typeof tally>['start']>>

/** Sends events of every key, numbered on, until it is told to stop; how many were acknowledged of each. */
async function sendUntil(running: Tally, isOver: () => boolean): Promise<number> {
  let number = 0
  while (!isOver()) {
    number++
    await Promise.all(keys.map((key) => running.send('tickets', { key, number }, { id: `${key}.${number}` })))
  }
  return number
}

/** Each ride that has ended, with how often. */
async function endings(bus: Bus): Promise<Map<string, number>> {
  const ended = new Map<string, number>()
  for (let partition = 0; partition < bus.partitions('tally.ended'); partition++)
    for (const { ride } of await bus.inspector.read('tally.ended', partition, 0, 1_000_000))
      ended.set(ride, (ended.get(ride) ?? 0) + 1)
  return ended
}

/** Waits, while instances run, until all is done, and looks at it. */
async function assertOnce(prefix: string, rounds: number): Promise<void> {
  const bus = busOf(brokers.bootstrap, prefix)
  await bus.open(nodePlatform)
  await bus.ensureTopics([
    { name: 'tally.ended', partitions: 6 },
    { name: 'tally.counts.changelog', partitions: 6, retention: { compact: true } },
  ])
  const wanted = keys.length * rounds
  for (let waited = 0; waited < 120 && (await endings(bus)).size < wanted; waited++) await seconds(1)
  const ended = await endings(bus)
  assert.equal(ended.size, wanted, 'every ride has ended')
  assert.deepEqual(
    [...ended].filter(([, times]) => times !== 1),
    [],
    'once',
  )
  const rows = new Map<string | null, unknown>()
  for (let partition = 0; partition < 6; partition++)
    for (const { key, data } of await bus.inspector.read('tally.counts.changelog', partition, 0, 1_000_000))
      rows.set(key, data)
  assert.deepEqual(
    keys.map((key) => rows.get(key)),
    keys.map(() => ({ count: rounds, last: rounds, broken: 0 })),
    'every key is counted in order',
  )
  await bus.close()
}

suite('apps', () => {
  afterEach(() => brokers.start())

  test('an app with a store answers for every event that was sent to it', async () => {
    const prefix = `${fresh('whole')}-`
    const running = await tally().start({ bus: busOf(brokers.bootstrap, prefix) })
    let rounds = 0
    const sent = await sendUntil(running, () => rounds++ >= 30)
    assert.equal((await running.store(counts).get('key-0', { until: (row) => row?.last === sent }))?.count, sent)
    await assertOnce(prefix, sent)
    await running.stop()
  })

  test('an instance is killed and another comes, a broker is killed and comes back: nothing lost, nothing doubled', async () => {
    const prefix = `${fresh('storm')}-`
    const running = await tally().start({ bus: busOf(brokers.bootstrap, prefix) })
    let isOver = false
    const sending = sendUntil(running, () => isOver)
    const first = await instance(prefix)
    await seconds(4)
    first.kill('SIGKILL')
    const second = await instance(prefix)
    await seconds(4)
    const [node] = brokers.plan.nodes
    await brokers.stop(node!.id)
    await seconds(8)
    await brokers.start()
    await seconds(5)
    isOver = true
    await assertOnce(prefix, await sending)
    second.disconnect()
    const [code] = await once(second, 'exit')
    assert.equal(code, 0)
    await running.stop()
  })
})
