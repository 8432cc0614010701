/** The worlds themselves: that they run the real thing, that what dies is dead, and that one seed is one run. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { line } from '../../itinerary/line.ts'
import { metrobus } from '../../runtime/app.ts'
import type { App } from '../../runtime/app.ts'
import { entry } from '../../runtime/entry.ts'
import type { StandardSchema } from '../../schema/standard.ts'
import { stop } from '../../stop/stop.ts'
import { Cluster } from './cluster.ts'
import { Machine } from './machine.ts'
import type { SimProcess } from './sim-process.ts'
import type { World } from './world.ts'

interface Item {
  readonly key: string
  readonly n: number
}

const anItem: StandardSchema<Item, Item> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as Item }) },
}

/** Two stops; the second notes what it was given in `kept`, outside of the process. */
const keeping =
  (kept: string[]) =>
  (process: SimProcess): App => {
    const check = stop('check', { in: anItem, out: anItem, effects: 'none' }, (item) => item)
    const keep = stop('keep', { in: anItem }, (_item, { event }) => {
      if (process.isAlive) kept.push(event.ride)
    })
    return metrobus('app', {
      entries: [entry('in', { in: anItem, key: (item) => item.key, route: line('l').via(check).to(keep) })],
    })
  }

async function sendAll(world: World, process: SimProcess, from: number, to: number): Promise<number[]> {
  const acknowledged: number[] = []
  for (let n = from; n < to; n++) {
    let isOver = false
    const over = (): void => void (isOver = true)
    process.running?.send('in', { key: `k${n % 3}`, n }, { id: `e${n}` }).then(() => {
      acknowledged.push(n)
      over()
    }, over)
    await world.until(() => isOver || !process.isAlive, 1_000)
  }
  return acknowledged
}

async function lifeOf(
  seed: number,
): Promise<{ readonly kept: string[]; readonly acknowledged: number[]; readonly hash: string }> {
  const kept: string[] = []
  const machine = new Machine({ seed })
  const acknowledged: number[] = []
  for (let life = 0; life < 6; life++) {
    const process = await machine.start(keeping(kept))
    if (life < 5) process.killIn(5 + life * 7)
    acknowledged.push(...(await sendAll(machine, process, life * 10, life * 10 + 10)))
    if (life === 5) await machine.advance(10_000)
    if (life % 2 === 0) await machine.powerCut()
    else await machine.crash(process)
  }
  await machine.close()
  return { kept, acknowledged, hash: machine.trace.hash }
}

test('a machine that dies at a call of its platform again and again keeps what was acknowledged', async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const { kept, acknowledged } = await lifeOf(seed)
    assert.ok(acknowledged.length >= 10, `seed ${seed}: ${acknowledged.length} were acknowledged`)
    for (const n of acknowledged)
      assert.ok(kept.includes(`e${n}`), `seed ${seed}: event ${n} was acknowledged and is lost`)
  }
})

test('one seed is one run, to the last byte on the disk', async () => {
  const [first, second, other] = [await lifeOf(3), await lifeOf(3), await lifeOf(4)]
  assert.equal(first.hash, second.hash)
  assert.notEqual(first.hash, other.hash)
})

test('a member of a cluster that dies, or is cut off, is given up, and another goes on with its partitions', async () => {
  const kept: string[] = []
  const cluster = new Cluster({ seed: 5, sessionMs: 5_000 })
  const [first, second] = [await cluster.start(keeping(kept)), await cluster.start(keeping(kept))]
  await sendAll(cluster, first, 0, 20)
  cluster.disconnect(first)
  void first.running!.send('in', { key: 'late', n: 99 }, { id: 'late' })
  await sendAll(cluster, second, 20, 40)
  await cluster.advance(6_000)
  cluster.reconnect(first)
  await cluster.advance(6_000)
  assert.deepEqual(new Set(kept), new Set([...Array.from({ length: 40 }, (_, n) => `e${n}`), 'late']))
  await cluster.crash(first)
  await sendAll(cluster, second, 40, 60)
  await cluster.advance(6_000)
  assert.equal(new Set(kept).size, 61)
  await cluster.close()
})

/** Lets a process die at its next call, with twenty sends on their way. */
async function dieAtWork(
  machine: Machine,
  kept: string[],
): Promise<{ readonly process: SimProcess; readonly answers: string[] }> {
  const process = await machine.start(keeping(kept))
  const answers: string[] = []
  for (let n = 0; n < 20; n++)
    process.running!.send('in', { key: `k${n}`, n }, { id: `e${n}` }).then(
      () => answers.push(`e${n}`),
      (error: unknown) => answers.push(String(error)),
    )
  process.killIn(1)
  await machine.until(() => !process.isAlive)
  return { process, answers }
}

test('what is dead takes part in nothing: no timer, no disk, no answer, no handler', async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const kept: string[] = []
    const machine = new Machine({ seed })
    const { process, answers } = await dieAtWork(machine, kept)
    const before = {
      calls: process.calls,
      disk: machine.disk.files().map(({ path }) => Buffer.from(machine.disk.contents(path)).toString('hex')),
      kept: kept.length,
      answers: answers.length,
      trace: machine.trace.length,
    }
    void process.platform.disk.mkdir('/late')
    let lateTimers = 0
    process.platform.clock.timer(10, () => lateTimers++)
    process.platform.clock.immediate(() => lateTimers++)
    void process.alive(Promise.resolve()).then(() => lateTimers++)
    await machine.advance(60_000)
    assert.deepEqual(
      {
        calls: process.calls,
        disk: machine.disk.files().map(({ path }) => Buffer.from(machine.disk.contents(path)).toString('hex')),
        kept: kept.length,
        answers: answers.length,
        trace: machine.trace.length,
      },
      before,
    )
    assert.equal(lateTimers, 0)
    assert.equal(process.isRunning, false)

    // The next one finds what was there, and none of the dead one's answers.
    const told = [...answers]
    await machine.crash(process)
    const next = await machine.start(keeping(kept))
    await machine.advance(10_000)
    for (const id of told) assert.ok(kept.includes(id), `${id} was answered and is lost`)
    assert.equal(next.isRunning, true)
    await machine.close()
  }
})

test('a member that is dead takes part in nothing on the bus of a cluster', async () => {
  const kept: string[] = []
  const cluster = new Cluster({ seed: 3, sessionMs: 1_000 })
  const [dead, other] = [await cluster.start(keeping(kept)), await cluster.start(keeping(kept))]
  let answers = 0
  for (let n = 0; n < 10; n++)
    dead.running!.send('in', { key: `k${n}`, n }, { id: `dead-${n}` }).then(
      () => answers++,
      () => answers++,
    )
  dead.kill()
  await cluster.advance(60_000)
  assert.equal(answers, 0)
  await cluster.crash(dead)
  await cluster.advance(5_000)
  await sendAll(cluster, other, 0, 20)
  assert.deepEqual(
    kept.filter((id) => id.startsWith('e')).toSorted(),
    Array.from({ length: 20 }, (_, n) => `e${n}`).toSorted(),
  )
  await cluster.close()
})
