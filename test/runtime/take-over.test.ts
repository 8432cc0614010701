/** Partitions that come from another member of a cluster: carefully after it has died, at once after it has handed them over. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StateChange } from '../../src/event/unit.ts'
import { startApp } from '../../src/runtime/start.ts'
import { Cluster } from '../../src/testing/index.ts'
import type { SimProcess, WorldObserver } from '../../src/testing/index.ts'
import { entryOf, lineOf, stopOf } from './harness.ts'

interface Item {
  readonly key: string
  readonly n: number
}

const partitions = 4
const sessionMs = 100

/** What a process does with an event; undefined: it has died of it. */
type Handle = (process: SimProcess, item: Item) => unknown

/** An app of one stop in a cluster, and what its members write down and say. */
class Town {
  readonly cluster: Cluster
  /** Partitions for which a process wrote down how far it may go. */
  readonly careful: Map<string, Set<number>> = new Map()
  /** What ran alone, as `<process> <event> <try>`. */
  readonly alone: string[] = []
  readonly #handle: Handle
  readonly #changes: NonNullable<Parameters<typeof stopOf>[2]>

  constructor(seed: number, handle: Handle, changes: NonNullable<Parameters<typeof stopOf>[2]> = {}) {
    this.#handle = handle
    this.#changes = changes
    const observer: WorldObserver = {
      settling: (process, { changes }) => changes.forEach((change) => this.#wrote(process, change)),
      logged: (process, _level, facts, message) => {
        const { event, try: tries } = facts as { readonly event?: string; readonly try?: number }
        if (message.startsWith('running alone')) this.alone.push(`${process.name} ${event} ${tries}`)
      },
    }
    this.cluster = new Cluster({ seed, sessionMs, observer, bus: { partitions } })
  }

  start(): Promise<SimProcess> {
    return this.cluster.start((process) => {
      const work = stopOf('work', (item: Item) => this.#handle(process, item), {
        outSchema: undefined,
        ...this.#changes,
      })
      const definition = {
        name: 'app',
        publishes: [],
        codeVersion: 'test',
        entries: [entryOf('in', lineOf('main', work))],
      }
      return { start: (options) => startApp(definition, options) }
    })
  }

  #wrote({ name }: SimProcess, { store, partition, value }: StateChange): void {
    if (store !== 'open/app.work' || value === null || !('reach' in JSON.parse(value))) return
    this.careful.set(name, (this.careful.get(name) ?? new Set()).add(partition))
  }

  /** Who has said that it owns a partition, and has not handed it over. */
  async owners(): Promise<number[]> {
    const { inspector } = this.cluster.bus
    const rows = await Promise.all(
      Array.from({ length: partitions }, (_, n) => inspector.rows('app', 'open/app.work', n)),
    )
    return rows.map(({ size }) => size)
  }

  async send(process: SimProcess, count: number): Promise<void> {
    for (let n = 0; n < count; n++)
      void process.running!.send('in', { key: `k${n}`, n }, { id: `e${n}` }).catch(() => {})
    await this.cluster.advance(50)
  }
}

const listed = (partitionsOf: Set<number> | undefined): number[] =>
  [...(partitionsOf ?? [])].toSorted((one, other) => one - other)

test('whoever takes over from a member that has died is careful with its partitions, and with no others', async () => {
  const town = new Town(1, () => undefined)
  const [first, second] = [await town.start(), await town.start()]
  await town.send(first, 20)
  await town.cluster.crash(second)
  await town.cluster.advance(1_000)
  await town.send(first, 40)

  assert.deepEqual([...town.careful.keys()], [first.name])
  assert.deepEqual(listed(town.careful.get(first.name)), [1, 3])
  assert.deepEqual(await town.owners(), [1, 1, 1, 1])
  await town.cluster.close()
})

test('whoever takes over from a member that lives on, or has stopped, begins at once', async () => {
  const handled: string[] = []
  const town = new Town(1, ({ name }, { n }) => void handled.push(`${name} ${n}`))
  const first = await town.start()
  await town.send(first, 20)
  const second = await town.start()
  await town.send(second, 40)
  await town.cluster.stop(first)
  await town.cluster.advance(100)
  await town.send(second, 60)

  assert.equal(new Set(handled.map((line) => line.split(' ')[1])).size, 60)
  assert.deepEqual([...town.careful.keys()], [])
  assert.deepEqual(await town.owners(), [1, 1, 1, 1])
  assert.equal(await town.cluster.stop(second), true)
  assert.deepEqual(await town.owners(), [0, 0, 0, 0])
  await town.cluster.close()
})

test('a member that was cut off leaves its partitions to a careful owner, and does not speak for them when it is back', async () => {
  const town = new Town(1, () => undefined)
  const [first, second] = [await town.start(), await town.start()]
  await town.send(first, 20)
  town.cluster.disconnect(second)
  await town.cluster.advance(1_000)
  assert.deepEqual(listed(town.careful.get(first.name)), [1, 3])
  town.cluster.reconnect(second)
  await town.cluster.advance(10_000)

  assert.deepEqual(await town.owners(), [1, 1, 1, 1])
  assert.equal(town.careful.get(second.name), undefined, 'it is given partitions by a member that lives')
  await town.cluster.close()
})

for (let seed = 1; seed <= 5; seed++)
  test(`an event that kills whoever handles it is given up after three deaths alone, and takes no other with it (seed ${seed})`, async () => {
    const handled = new Map<number, number>()
    const killer = 7
    const deaths: SimProcess[] = []
    const town = new Town(seed, (process, { n }) => {
      if (n !== killer) return void handled.set(n, (handled.get(n) ?? 0) + 1)
      deaths.push(process)
      process.kill('killed by an event')
      return new Promise(() => {})
    })
    let members = [await town.start(), await town.start(), await town.start()]
    await town.send(members[0]!, 30)
    // Whoever has died is replaced after a while.
    for (let round = 0; round < 20; round++) {
      for (const member of members.filter(({ isAlive }) => !isAlive)) await town.cluster.crash(member)
      members = members.filter(({ isAlive }) => isAlive)
      await town.cluster.advance(1_000)
      while (members.length < 3) members.push(await town.start())
      await town.cluster.advance(1_000)
    }

    assert.deepEqual(
      [...handled.keys()].toSorted((one, other) => one - other),
      Array.from({ length: 30 }, (_, n) => n).filter((n) => n !== killer),
    )
    const tries = town.alone.filter((line) => line.includes(` e${killer} `)).map((line) => line.split(' ')[2])
    assert.deepEqual(tries, ['1', '2', '3'])
    assert.equal(deaths.length, 5, 'two at large, three alone')
    const letters = (await Promise.all(members.map(({ running }) => running!.deadLetters.list()))).flat()
    assert.deepEqual(
      letters.map(({ id, cause }) => [id, cause]),
      [[`e${killer}`, 'MB_KILLED_PROCESS']],
    )
    await town.cluster.close()
  })

test('while an event runs alone in a partition that was taken over, nothing else runs in the process', async () => {
  const running = new Map<SimProcess, Set<number>>()
  const together: number[][] = []
  const suspect = 5
  let deaths = 0
  const town: Town = new Town(1, (process, { n }) => {
    const mine = running.get(process) ?? new Set<number>()
    running.set(process, mine.add(n))
    if (n === suspect) {
      together.push([...mine])
      // It takes two with it, and then comes to its end, though slowly.
      if (++deaths <= 2) {
        process.kill('killed by an event')
        return new Promise(() => {})
      }
    }
    return new Promise<void>((resolve) =>
      process.platform.clock.timer(n === suspect ? 500 : 20, () => {
        if (n === suspect) together.push([...mine])
        mine.delete(n)
        resolve()
      }),
    )
  })
  const members = [await town.start(), await town.start(), await town.start()]
  let sent = 0
  const more = (): void => {
    const living = members.find(({ isRunning }) => isRunning)
    for (let count = 0; count < 3; count++)
      void living?.running!.send('in', { key: `k${sent}`, n: sent }, { id: `e${sent++}` }).catch(() => {})
  }
  for (let round = 0; round < 300; round++) {
    more()
    await town.cluster.advance(10)
    for (const member of members.filter(({ isAlive }) => !isAlive))
      if (town.cluster.processes.includes(member)) await town.cluster.crash(member)
  }
  await town.cluster.advance(10_000)

  assert.equal(town.alone.filter((line) => line.includes(` e${suspect} `)).length, 1)
  assert.deepEqual(together.slice(2), [[suspect], [suspect]])
  assert.equal(running.get(members.find(({ isRunning }) => isRunning)!)!.size, 0, 'afterwards all go on')
  await town.cluster.close()
})

const slowly = { limits: [{ by: undefined, rate: 0.5 }] }

for (const [waits, changes, waitMs] of [
  ['for a limit', slowly, 50],
  ['to be let into a batch', { ...slowly, batch: { sizeMax: 10, timeMs: 1_000 } }, 2_500],
] as const)
  test(`an event that is to run alone, waits ${waits} and goes to another member meanwhile holds up nobody`, async () => {
    const town = new Town(1, (_process, items) => (Array.isArray(items) ? items.map(() => undefined) : undefined), {
      ...changes,
    })
    const first = await town.start()
    for (let n = 0; n < 6; n++) void first.running!.send('in', { key: 'k8', n }).catch(() => {})
    await town.cluster.advance(50)
    await town.cluster.crash(first)
    await town.cluster.advance(2 * sessionMs)
    // The second one says how far it goes, and the third takes all over from it while it runs; the key's partition is one that it then gives up.
    const second = await town.start()
    await town.cluster.advance(50)
    await town.cluster.crash(second)
    const third = await town.start()
    await town.cluster.advance(2 * sessionMs + waitMs)
    assert.ok(town.alone.length > 0, 'something runs alone')
    const all = [third, await town.start(), await town.start()]

    let left = all.length
    for (const { running } of all) void running!.caughtUp().then(() => left--)
    await town.cluster.advance(60_000)
    assert.equal(left, 0)
    await town.cluster.close()
  })
