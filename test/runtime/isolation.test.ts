/** The event that kills the process, on the memory bus: a death is an app that leaves its bus without a word, with a handler still running. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Bus, Member } from '../../src/bus/bus.ts'
import type { SettleCall, SettlePlan } from '../../src/bus/memory/index.ts'
import type { StateChange } from '../../src/event/unit.ts'
import { silentLog } from '../../src/internal/log.ts'
import { defaultPolicy } from '../../src/resilience/retry-policy.ts'
import type { AppDefinition } from '../../src/runtime/definition.ts'
import type { RunningApp } from '../../src/runtime/running.ts'
import { startApp } from '../../src/runtime/start.ts'
import { drop, retry } from '../../src/stop/outcome.ts'
import { Cluster, Machine } from '../../src/testing/index.ts'
import type { SimProcess } from '../../src/testing/index.ts'
import { entryOf, type Handler, lineOf, rest, stopOf, world, type World } from './harness.ts'

interface Item {
  readonly key: string
  readonly n: number
}

/** What ran alone, as `<event> <try>`. */
type Alone = string[]

interface Life {
  /** Undefined when it died while it started. */
  readonly app: RunningApp | undefined
  readonly alone: Alone
  die(): Promise<void>
}

/** Starts an app that can die, and lets it come to rest or to its death. */
async function live(w: World, definition: Pick<AppDefinition, 'entries'>, killsMax = 3): Promise<Life> {
  const members: Member[] = []
  const bus = new Proxy(w.bus, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (name === 'join')
        return async (...args: Parameters<Bus['join']>) => {
          const member = await target.join(...args)
          members.push(member)
          return member
        }
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const alone: Alone = []
  const warn = (facts: object, message: string): void => {
    const { event } = facts as { readonly event: string }
    if (message.startsWith('running alone, try ')) alone.push(`${event} ${message.slice('running alone, try '.length)}`)
  }
  let app: RunningApp | undefined
  void w.start(definition, { bus, killsMax, log: { ...silentLog, warn } }).then((started) => (app = started))
  await rest(w)
  return { app, alone, die: async () => Promise.all(members.map((member) => member.leave())).then(() => {}) }
}

const forever = new Promise<never>(() => {})

/** A row of who owns a partition. */
const isOfOwner = ({ store }: StateChange): boolean => store.startsWith('open/')

/** How far a lane may go, as its owner writes it down. */
function reachOf(change: StateChange): readonly { readonly [feed: string]: unknown }[] | undefined {
  if (!isOfOwner(change) || change.value === null) return undefined
  const { reach } = JSON.parse(change.value) as { readonly reach?: { readonly [feed: string]: unknown } }
  return reach === undefined ? undefined : [reach]
}

/** A handler that runs for ever on one event: what a dying process looks like to the bus. */
function killing(killer: number, handled: string[]): (item: Item) => unknown {
  return (item) => {
    if (item.n === killer) return forever
    handled.push(`${item.key}${item.n}`)
    return item
  }
}

/** Opens the bus for as long as the test runs. */
const holding = (w: World, definition: Pick<AppDefinition, 'entries'>): Promise<RunningApp> =>
  w.start({ ...definition, name: 'holder' })

test('what may have killed its owners does not run at a paused stop, and runs alone when that is resumed', async () => {
  const w = world({ partitions: 1 })
  const definition = { entries: [entryOf('in', lineOf('main', stopOf('work', killing(3, []))))] }
  await holding(w, definition)
  let life = await live(w, definition)
  for (let n = 0; n < 6; n++) await life.app!.send('in', { key: `k${n % 2}`, n }, { id: `e${n}` })
  await rest(w)
  await life.die()
  life = await live(w, definition)
  await life.app!.controls.pause({ kind: 'stop', name: 'work' })
  await life.die()

  life = await live(w, definition)
  await w.clock.advance(60_000)
  assert.deepEqual(life.alone, [])
  assert.equal(life.app!.health().ready, true)

  void life.app!.controls.resume({ kind: 'stop', name: 'work' })
  await rest(w)
  assert.deepEqual(life.alone, ['e3 1'])
})

for (const killsMax of [1, 3])
  test(`an event is given up after ${killsMax} deaths alone, and not before it was in reach of two deaths`, async () => {
    const w = world({ partitions: 1 })
    const handled: string[] = []
    const definition = { entries: [entryOf('in', lineOf('main', stopOf('work', killing(3, handled))))] }
    await holding(w, definition)
    let life = await live(w, definition, killsMax)
    for (let n = 0; n < 6; n++) await life.app!.send('in', { key: `k${n % 2}`, n }, { id: `e${n}` })
    await rest(w)

    const deaths: Alone[] = []
    while (deaths.length < 10 && (life.app === undefined || life.app.stats().stops[0]!.inFlight > 0)) {
      deaths.push(life.alone)
      await life.die()
      life = await live(w, definition, killsMax)
    }

    assert.deepEqual(deaths, [[], [], ...Array.from({ length: killsMax }, (_, index) => [`e3 ${index + 1}`])])
    assert.deepEqual(handled, ['k00', 'k11', 'k02', 'k04', 'k15'], 'each once, in the order of its key')
    const letters = await life.app!.deadLetters.list()
    assert.deepEqual(
      letters.map(({ id, cause, attempts }) => [id, cause, attempts]),
      [['e3', 'MB_KILLED_PROCESS', killsMax]],
    )
    await life.app!.stop()
  })

test('an event that hangs while it runs alone ends the start, loudly, and is given up after as many starts', async () => {
  const w = world({ partitions: 1 })
  const definition = { entries: [entryOf('in', lineOf('main', stopOf('work', killing(3, []))))] }
  await holding(w, definition)
  let life = await live(w, definition)
  for (let n = 0; n < 6; n++) await life.app!.send('in', { key: `k${n}`, n }, { id: `e${n}` })
  await rest(w)
  await life.die()
  await (await live(w, definition)).die()

  for (let start = 0; start < 3; start++) {
    const failed = assert.rejects(w.start(definition), { code: 'MB_STUCK' })
    await w.clock.advance(defaultPolicy.deadlineMs + 2_000)
    await failed
  }

  life = await live(w, definition)
  const letters = await life.app!.deadLetters.list()
  assert.deepEqual(
    letters.map(({ id, cause }) => [id, cause]),
    [['e3', 'MB_KILLED_PROCESS']],
  )
  await life.app!.stop()
})

test('an event that waits for its retry is not what killed, and does not run alone before it is due', async () => {
  const w = world({ partitions: 1 })
  const handled: string[] = []
  const handler = ((item: Item) =>
    item.key === 'waits' && w.clock.now() < begun + 60_000
      ? retry({ seconds: 60 })
      : killing(9, handled)(item)) as Handler
  const begun = w.clock.now()
  const definition = { entries: [entryOf('in', lineOf('main', stopOf('work', handler)))] }
  await holding(w, definition)
  let life = await live(w, definition)
  for (const [index, key] of ['waits', 'waits', 'kills'].entries())
    await life.app!.send('in', { key, n: key === 'kills' ? 9 : index }, { id: `e${index}` })
  await rest(w)
  const alone: Alone[] = []
  for (let deaths = 0; deaths < 5; deaths++) {
    await life.die()
    life = await live(w, definition)
    alone.push(life.alone)
  }

  assert.deepEqual(alone, [[], ['e2 1'], ['e2 2'], ['e2 3'], []])
  assert.deepEqual(handled, [])
  await w.clock.advance(130_000)
  assert.deepEqual(handled, ['waits0', 'waits1'])
  await life.app!.stop()
})

test('after a stop nothing runs alone, and what was written of reach and tries is gone', async () => {
  const w = world({ partitions: 1 })
  const definition = { entries: [entryOf('in', lineOf('main', stopOf('work', killing(0, []))))] }
  await holding(w, definition)
  let life = await live(w, definition)
  await life.app!.send('in', { key: 'k', n: 0 }, { id: 'e0' })
  await rest(w)
  await life.die()
  life = await live(w, definition)
  const stopping = life.app!.stop({ deadlineMs: 10 })
  await w.clock.advance(10)
  await stopping

  assert.equal((await w.bus.inspector.rows('app', 'open/app.work', 0)).size, 0)
  life = await live(w, definition)
  assert.deepEqual(life.alone, [])
  assert.equal(life.app!.stats().stops[0]!.inFlight, 1)
})

// Found by random programs, seed 2380 of the machine: the turn of a key that had been tried alone was taken when the key was known anew, and what waited for it was passed by.
test('a key that waits for its retry after it ran alone is not passed by, though an older event of it ran alone before', async () => {
  const machine = new Machine({ seed: 1, bus: { partitions: 1 } })
  const order: string[] = []
  let life = 0
  const start = async (): Promise<RunningApp> => {
    life++
    const process = await machine.start((mine) => {
      const handler: Handler = async ({ n }: Item, { attempt }) => {
        await new Promise<void>((resolve) => mine.platform.clock.timer(1, resolve))
        order.push(`${life}:${n}`)
        if (n < 2 && life < 3) return retry(20)
        return n === 2 && attempt === 1 ? retry(20) : drop('done')
      }
      const definition = {
        name: 'app',
        publishes: [],
        codeVersion: 'test',
        entries: [entryOf('in', lineOf('main', stopOf('work', handler)))],
      }
      return { start: (options) => startApp(definition, options) }
    })
    return process.running!
  }
  const first = await start()
  // While the first runs alone, the key of the second comes due.
  for (const [n, key] of ['b', 'a', 'a'].entries()) {
    void first.send('in', { key, n }).catch(() => {})
    await machine.advance(3)
  }
  for (let deaths = 0; deaths < 2; deaths++) {
    await machine.crash(machine.processes[0]!)
    await machine.advance(1_000)
    const app = await start()
    if (deaths === 1) void app.send('in', { key: 'a', n: 3 }).catch(() => {})
    await machine.advance(deaths === 0 ? 3 : 1_000)
  }
  assert.deepEqual(
    order.filter((handled) => handled.startsWith('3')),
    ['3:0', '3:1', '3:2', '3:2', '3:3'],
  )
  await machine.close()
})

test('who waits for an app that waits for its bus does not keep the loop busy', async () => {
  // The limits of a careful start are not raised before this is settled: until then the app is at rest, and not at the end.
  const plan = ({ unit }: SettleCall): SettlePlan =>
    unit.changes.some((change) => reachOf(change) !== undefined) ? { delay: 1_000 } : {}
  const w = world({ partitions: 1, plan })
  const definition = { entries: [entryOf('in', lineOf('main', stopOf('work', killing(3, []))))] }
  await holding(w, definition)
  const first = await live(w, definition)
  for (let n = 0; n < 6; n++) await first.app!.send('in', { key: `k${n}`, n }, { id: `e${n}` })
  await first.die()
  const calm = { entries: [entryOf('in', lineOf('main', stopOf('work', drop.bind(undefined, 'done'))))] }
  const second = await live(w, calm)

  const caughtUp = second.app!.caughtUp()
  // Never at rest, the clock would say, if turn after turn were asked for.
  await w.clock.advance(500)
  await w.clock.advance(20_000)

  await caughtUp
  await second.app!.stop()
})

// Found by random programs, seed 20093 of the cluster: the lane was made anew and opened while others still ran alone, and the start waited for the lane of before.
test('a unit that is refused while its event runs alone is settled by its new lane, and the start goes on', async () => {
  const cluster = new Cluster({ seed: 1, sessionMs: 100, bus: { partitions: 1 } })
  const handled: string[] = []
  let life = 0
  const start = (): Promise<SimProcess> => {
    life++
    const stop = stopOf('work', ({ n }: Item) => (life < 3 && n < 2 ? forever : void handled.push(`${life}:${n}`)), {
      outSchema: undefined,
    })
    const definition = {
      name: 'app',
      publishes: [],
      codeVersion: 'test',
      entries: [entryOf('in', lineOf('main', stop))],
    }
    return cluster.start(() => ({ start: (options) => startApp(definition, options) }))
  }
  let process = await start()
  for (const n of [0, 1, 2]) void process.running!.send('in', { key: `k${n}`, n }).catch(() => {})
  await cluster.advance(100)
  for (let deaths = 0; deaths < 2; deaths++) {
    await cluster.crash(process)
    await cluster.advance(1_000)
    let refusals = life === 2 ? 1 : 0
    cluster.plan = ({ unit }) =>
      unit.acknowledgements.length > 0 && !unit.changes.some(isOfOwner) && refusals-- > 0
        ? { answer: 'refused' }
        : undefined
    process = await start()
    assert.ok(process.isRunning, `life ${life} does not start`)
    await cluster.advance(100)
  }
  assert.deepEqual(handled, ['1:2', '3:0', '3:0', '3:1'])
  await cluster.close()
})

test('a lane that begins anew while the app is careful takes nothing before that is in reach', async () => {
  const reaches: { readonly [feed: string]: unknown }[] = []
  let refusals = 0
  const plan = ({ unit }: SettleCall): SettlePlan | undefined => {
    for (const change of unit.changes) reaches.push(...(reachOf(change) ?? []))
    return unit.acknowledgements.length > 0 && refusals-- > 0 ? { answer: 'refused' } : undefined
  }
  const w = world({ partitions: 1, plan })
  const handled: string[] = []
  const definition = { entries: [entryOf('in', lineOf('main', stopOf('work', killing(-1, handled))))] }
  await holding(w, definition)
  await (await live(w, definition)).die()
  const { app } = await live(w, definition)
  refusals = 1

  for (let n = 0; n < 300; n++) void app!.send('in', { key: `k${n}`, n }, { id: `e${n}` })
  await w.clock.advance(2_000)

  assert.equal(refusals < 1, true, 'a unit was refused')
  assert.equal(new Set(handled).size, 300)
  assert.ok(reaches.length > 1)
  for (const reach of reaches)
    for (const [place, limit] of Object.entries(reach)) assert.equal(typeof limit, 'number', place)
  await app!.stop()
})

test('what runs alone in one app of a process is not convicted for what kills alone in another', async () => {
  const machine = new Machine({ seed: 1, bus: { partitions: 1 } })
  const appOf = (name: string, handler: Handler): AppDefinition => ({
    name,
    publishes: [],
    codeVersion: 'test',
    entries: [entryOf(`${name}-in`, lineOf(`${name}-main`, stopOf(`${name}-work`, handler)))],
  })
  const lives = 8
  const done: string[] = []
  for (let life = 0; life < lives; life++) {
    const process = await machine.start((mine) => {
      const after = (ms: number): Promise<void> => new Promise((resolve) => mine.platform.clock.timer(ms, resolve))
      const innocent = appOf('innocent', async () => {
        await after(50)
        done.push('innocent')
        return drop('done')
      })
      const killing = appOf('killing', async () => {
        await after(10)
        mine.kill('killed by an event')
      })
      return {
        async start(options) {
          // Both at once, so that both look at what they may have died of at the same time.
          const starting = [startApp(innocent, options), startApp(killing, options)]
          for (const one of starting)
            one.then(
              ({ stopped }) => stopped.catch(() => {}),
              () => {},
            )
          const [first, second] = await Promise.all(starting)
          if (life === 0) {
            void first!.send('innocent-in', { key: 'a', n: 0 }).catch(() => {})
            void second!.send('killing-in', { key: 'a', n: 0 }).catch(() => {})
          }
          return first!
        },
      }
    })
    await machine.advance(1_000)
    if (!process.isAlive) await machine.crash(process)
    else {
      const letters = (app: string): Promise<number> =>
        process
          .running!.inspector.topics()
          .then((topics) => topics.find(({ topic }) => topic === `${app}.${app}-work.dlq`)!.partitions[0]!.end)
      assert.deepEqual([done, await letters('innocent'), await letters('killing')], [['innocent'], 0, 1])
      await machine.close()
      return
    }
  }
  assert.fail(`after ${lives} lives the killer is not convicted`)
})
