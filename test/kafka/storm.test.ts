/**
 * Whole apps on the model of a cluster, whose weather is bad: questions and answers are lost, leaders and coordinators move, an instance hangs until it is taken for dead and
 * wakes again, members are thrown out. No event is lost, doubled or out of order. A failure prints its seed; `SEED=<n> node --test test/kafka/storm.test.ts` runs it alone.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Bus } from '../../src/bus/bus.ts'
import { Stage } from '../../src/bus/kafka/model/stage.ts'
import { silentLog } from '../../src/internal/log.ts'
import type { Platform } from '../../src/internal/platform/platform.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../src/testing/index.ts'
import { tallyOf } from './programs/tally.ts'

const seeds = process.env['SEED'] === undefined ? [1, 2, 3, 4, 5, 6] : [Number(process.env['SEED'])]
const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
const rounds = 40
const weather = { questionLost: 0.01, answerLost: 0.02, moved: 0.01 }
const calm = { questionLost: 0, answerLost: 0, moved: 0 }

class Storm {
  readonly stage: Stage
  readonly random: SeededRandom
  readonly faults: unknown[] = []
  #instances = 0

  constructor(seed: number) {
    const clock = new VirtualClock()
    this.random = new SeededRandom(seed)
    this.stage = new Stage(
      { clock, random: new SeededRandom(seed + 1), disk: new SimDisk() },
      new SeededRandom(seed + 2),
    )
  }

  async instance() {
    const { clock, kafka } = this.stage
    const { bus, wire } = this.stage.process({ partitions: 3 })
    const random = new SeededRandom(this.#instances++ * 7919 + Math.floor(this.random.next() * 1e6))
    const platform: Platform = { clock, random, disk: new SimDisk() }
    const log = { ...silentLog, error: (facts: object, message: string) => void this.faults.push([message, facts]) }
    const wait = (ms: number): Promise<void> => new Promise((resolve) => void clock.timer(ms, resolve))
    const running = await tallyOf(wait).start({ bus, platform, log, blockedAfter: 0 })
    return { running, bus, wire, kafka }
  }

  pass(ms: number): Promise<void> {
    return new Promise((resolve) => void this.stage.clock.timer(ms, resolve))
  }
}

type Instance = Awaited<ReturnType<Storm['instance']>>

/** Things happen to the other instances until `isOver`. */
async function storm(it: Storm, isOver: () => boolean): Promise<Instance[]> {
  const others = [await it.instance()]
  while (!isOver()) {
    await it.pass(it.random.next() * 4_000)
    const dice = it.random.next()
    const one = others[Math.floor(it.random.next() * others.length)]!
    const group = it.stage.kafka.group('tally')
    if (dice < 0.3) {
      one.wire.isCut = true
      await it.pass(3_000 + it.random.next() * 8_000)
      one.wire.isCut = false
    } else if (dice < 0.5) {
      const { members } = group
      it.stage.kafka.expel('tally', members[Math.floor(it.random.next() * members.length)]!)
    } else if (dice < 0.7 && others.length < 3) others.push(await it.instance())
    else if (dice < 0.85 && others.length > 1) {
      others.splice(others.indexOf(one), 1)
      await one.running.stop()
    }
  }
  return others
}

async function endings(bus: Bus): Promise<Map<string, number>> {
  const ended = new Map<string, number>()
  for (let partition = 0; partition < 3; partition++)
    for (const { ride } of await bus.inspector.read('tally.ended', partition, 0, 1e6))
      ended.set(ride, (ended.get(ride) ?? 0) + 1)
  return ended
}

async function run(seed: number): Promise<void> {
  const it = new Storm(seed)
  try {
    await runIn(it)
  } finally {
    await it.stage.end()
  }
}

async function runIn(it: Storm): Promise<void> {
  const main = await it.instance()
  it.stage.kafka.weather = weather
  let isOver = false
  const raging = storm(it, () => isOver)
  for (let number = 1; number <= rounds; number++) {
    await Promise.all(keys.map((key) => main.running.send('tickets', { key, number }, { id: `${key}.${number}` })))
    await it.pass(it.random.next() * 1_000)
  }
  isOver = true
  it.stage.kafka.weather = calm
  const others = await raging
  const wanted = keys.length * rounds
  for (let waited = 0; waited < 120 && (await endings(main.bus)).size < wanted; waited++) await it.pass(1_000)
  const ended = await endings(main.bus)
  if (process.env['SEED'] !== undefined)
    for (const [ride, times] of ended)
      if (times > 1)
        console.log(
          (await main.bus.inspector.ride(ride)).map(
            ({ topic, partition, record }) =>
              `${topic}/${partition}@${record.offset} ${record.hop} ${record.appendedAt}`,
          ),
        )
  assert.equal(ended.size, wanted, 'every ride has ended')
  assert.deepEqual(
    [...ended].filter(([, times]) => times !== 1),
    [],
    'once',
  )
  const rows = new Map<string | null, unknown>()
  for (let partition = 0; partition < 3; partition++)
    for (const { key, data } of await main.bus.inspector.read('tally.counts.changelog', partition, 0, 1e6))
      rows.set(key, data)
  assert.deepEqual(
    keys.map((key) => rows.get(key)),
    keys.map(() => ({ count: rounds, last: rounds, broken: 0 })),
    'every key is counted in order',
  )
  assert.deepEqual(it.faults, [])
  for (const { running } of [...others, main]) await running.stop()
}

for (const seed of seeds)
  test(`apps in a storm lose, double and mix up nothing, seed ${seed}`, async () => {
    await run(seed).catch((error: unknown) => {
      throw new Error(`seed ${seed}: SEED=${seed} node --test test/kafka/storm.test.ts`, { cause: error })
    })
  })
