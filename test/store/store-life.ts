/**
 * Random lives of an app with stores, on a machine that dies and loses power or in a cluster that rebalances, judged by what is on the bus: after every step what the
 * stores answer is the fold of their log (I5), and the log is what the handled events have caused, each once (I2) and in order (I3).
 */
import { setTimeout as realTimeout } from 'node:timers/promises'
import * as z from 'zod'
import type { SettleCall, SettlePlan } from '../../src/bus/memory/index.ts'
import type { Record } from '../../src/event/record.ts'
import type { CommitUnit } from '../../src/event/unit.ts'
import { deadLetter, drop, entry, line, metrobus, retry, stop, store } from '../../src/index.ts'
import type { DeadLetter, Drop, Retry } from '../../src/index.ts'
import { messageOf } from '../../src/runtime/dead-letter.ts'
import type { RunningApp } from '../../src/runtime/running.ts'
import { Cluster, Machine, SeededRandom } from '../../src/testing/index.ts'
import type { SimProcess, Startable } from '../../src/testing/index.ts'
import { LaggingFiles } from './lagging-stores.ts'

const Item = z.object({
  key: z.string(),
  n: z.number(),
  act: z.enum(['add', 'clear', 'drop', 'dead']),
  failures: z.number(),
  waitMs: z.number(),
})
type Item = z.infer<typeof Item>

const Row = z.object({ seen: z.array(z.number()), marks: z.array(z.number()) })
const Part = z.object({ n: z.number() })
const rows = store('rows', Row)
const parts = store('parts', Part)

const partitions = 2
const keys = ['a', 'b', 'c', 'd', 'e']
const policy = { attempts: 20, backoff: { first: 5, factor: 1, max: 5 }, jitter: 0 }
/** Virtual time that an app may take to come to rest. */
const restMs = 300_000
/** After which the bus gives a dead member's partitions to others. */
const sessionMs = 10_000

export interface LifeOptions {
  readonly seed: number
  readonly world: 'machine' | 'cluster'
  /** Steps of the life. Default: 30. */
  readonly steps?: number
  /** Compares after every step. Default: false. */
  readonly isRestful?: boolean
}

export interface LifeResult {
  readonly violations: readonly string[]
  /** Processes that died or lost power. */
  readonly kills: number
  /** Comparisons of live state with the fold. */
  readonly checks: number
  /** Starts whose files were behind. */
  readonly behind: number
  readonly events: number
}

export async function storeLife(options: LifeOptions): Promise<LifeResult> {
  const life = new Life(options)
  try {
    await life.run(options.steps ?? 30, options.isRestful ?? false)
  } finally {
    await life.end()
  }
  return life.result
}

type Answer = Drop | Retry | DeadLetter | undefined

interface Sent {
  readonly entry: 'counts' | 'marks'
  readonly item: Item
  isAcknowledged: boolean
}

/** Whom this asked has died. */
class Gone extends Error {}

class Life {
  readonly #random: SeededRandom
  readonly #world: Machine | Cluster
  readonly #members: number
  /** By the number of the member: a machine has one. */
  readonly #files: readonly LaggingFiles[]
  readonly #sent: Sent[] = []
  readonly #violations: string[] = []
  readonly #fileOf = new Map<SimProcess, LaggingFiles>()
  /** What was settled again after `unknown` may have happened. */
  readonly #tried = new WeakSet<CommitUnit>()
  #calm = false
  #kills = 0
  #checks = 0
  #nextKill = 'crash'

  constructor({ seed, world }: LifeOptions) {
    this.#random = new SeededRandom(seed)
    this.#members = world === 'machine' ? 1 : this.#random.between(2, 3)
    this.#files = Array.from({ length: this.#members }, () => new LaggingFiles(this.#random.fork()))
    this.#world =
      world === 'machine'
        ? new Machine({ seed, bus: { partitions, segmentBytes: 65_536 } })
        : new Cluster({ seed, sessionMs, bus: { partitions } })
    if (this.#world instanceof Cluster) this.#world.plan = (call) => this.#planned(call)
  }

  get result(): LifeResult {
    const behind = this.#files.reduce((sum, file) => sum + file.behind, 0)
    return { violations: this.#violations, kills: this.#kills, checks: this.#checks, behind, events: this.#sent.length }
  }

  async run(steps: number, isRestful: boolean): Promise<void> {
    for (let step = 0; step < steps && this.#violations.length === 0; step++) {
      await this.#step()
      if (isRestful) await this.#check(`after step ${step}`)
      await realTimeout(0)
    }
    this.#calm = true
    await this.#check('at the end')
    // From the log alone, and from the files.
    for (const process of this.#world.processes) await this.#world.crash(process)
    await this.#check('after a restart')
    if (this.#violations.length === 0) await this.#judgeLog()
  }

  /** Some units are refused, and of some nobody knows what became of them. */
  #planned({ unit }: SettleCall): SettlePlan | undefined {
    const random = this.#random
    if (this.#calm || this.#tried.has(unit)) return undefined
    this.#tried.add(unit)
    if (unit.acknowledgements.length > 0 && random.chance(0.05)) return { answer: 'refused' }
    return random.chance(0.05) ? { answer: 'unknown', happened: random.chance(0.5) } : undefined
  }

  end(): Promise<void> {
    return this.#world.close()
  }

  async #step(): Promise<void> {
    const random = this.#random
    const process = random.pick(await this.#running())
    const what = random.below(10)
    if (what < 5) {
      for (let count = random.between(1, 8); count > 0; count--) this.#send(process)
      await this.#world.advance(random.below(30))
    } else if (what < 7) {
      this.#nextKill = random.chance(0.4) ? 'power' : 'crash'
      process.killIn(random.between(1, 40))
      for (let count = random.between(1, 5); count > 0; count--) this.#send(process)
      await this.#world.until(() => !process.isAlive, 500)
    } else if (what === 7) await this.#world.stop(process, random.chance(0.5) ? 0 : 1_000)
    else if (what === 8) await this.#check('in the middle')
    else await this.#world.advance(random.between(1_000, 90_000))
  }

  #send(process: SimProcess): void {
    const random = this.#random
    const item: Item = {
      key: random.pick(keys),
      n: this.#sent.length,
      act: random.chance(0.8) ? 'add' : random.pick(['clear', 'drop', 'dead'] as const),
      failures: random.chance(0.2) ? random.between(1, 3) : 0,
      waitMs: random.chance(0.3) ? random.between(1, 40) : 0,
    }
    this.#sent.push({ entry: random.chance(0.75) ? 'counts' : 'marks', item, isAcknowledged: false })
    this.#put(process, this.#sent.at(-1)!)
  }

  #put(process: SimProcess, sent: Sent): void {
    const sending = process.running?.send(sent.entry, sent.item, { id: `e${sent.item.n}` })
    sending?.then(
      () => (sent.isAcknowledged = true),
      () => {},
    )
  }

  /** Clears away what is dead and starts what is missing. */
  async #running(): Promise<readonly SimProcess[]> {
    const world = this.#world
    for (let tries = 0; tries < 20; tries++) {
      for (const process of world.processes) if (!process.isRunning) await this.#clearAway(process)
      while (world.processes.length < this.#members) await this.#start()
      const running = world.processes.filter(({ isRunning }) => isRunning)
      if (running.length === this.#members) return running
    }
    throw new Error('the app does not come up')
  }

  async #clearAway(process: SimProcess): Promise<void> {
    if (process.failure !== undefined && process.isAlive)
      this.#violations.push(`I10 the app fails: ${messageOf(process.failure)}`)
    this.#kills++
    this.#fileOf.delete(process)
    if (this.#world instanceof Machine && this.#nextKill === 'power') await this.#world.powerCut()
    else await this.#world.crash(process)
  }

  async #start(): Promise<void> {
    const used = new Set(
      [...this.#fileOf].filter(([process]) => this.#world.processes.includes(process)).map(([, file]) => file),
    )
    const files = this.#files.find((file) => !used.has(file))!
    const process = await this.#world.start((mine) => this.#app(mine), { drain: 1_000, stores: files.engine() })
    this.#fileOf.set(process, files)
  }

  #app({ platform }: SimProcess): Startable {
    const wait = (ms: number): Promise<void> => new Promise((resolve) => void platform.clock.timer(ms, resolve))
    const fails = ({ failures }: Item, attempt: number): boolean => !this.#calm && attempt <= failures
    const ends = (item: Item, attempt: number): Answer => {
      if (fails(item, attempt)) {
        if (item.n % 2 === 0) throw new Error('no luck')
        return retry(3)
      }
      return item.act === 'drop' ? drop('enough') : item.act === 'dead' ? deadLetter('dead') : undefined
    }
    const shape = stop('shape', { in: Item, out: Item, effects: 'none' }, (item) => item)
    const tally = stop(
      'tally',
      { in: Item, effects: 'none', policy, stores: { rows, parts } },
      (item, { stores, attempt }) => {
        const change = (): Answer => {
          const now = stores.rows.get(item.key) ?? { seen: [], marks: [] }
          if (item.act === 'clear') stores.rows.delete(item.key)
          else stores.rows.put(item.key, { ...now, seen: [...now.seen, item.n] })
          stores.parts.put(`${item.key}/${item.n % 3}`, { n: item.n })
          if (stores.parts.range().length > 2) stores.parts.delete(`${item.key}/${(item.n + 1) % 3}`)
          return ends(item, attempt)
        }
        return item.waitMs === 0 ? change() : wait(item.waitMs).then<Answer>(change)
      },
    )
    const mark = stop('mark', { in: Item, policy, stores: { rows } }, async (item, { stores, attempt }) => {
      const now = stores.rows.get(item.key) ?? { seen: [], marks: [] }
      if (item.waitMs > 0) await wait(item.waitMs)
      stores.rows.put(item.key, { ...now, marks: [...now.marks, item.n] })
      return ends(item, attempt)
    })
    const key = (item: Item) => item.key
    const dedupe = { count: 10_000, time: { days: 1 } }
    return metrobus('app', {
      entries: [
        entry('counts', { in: Item, key, dedupe, route: line('counting').via(shape).to(tally) }),
        entry('marks', { in: Item, key, dedupe, route: line('marking').to(mark) }),
      ],
    })
  }

  /** Everything is sent and handled, over any deaths; then live state is compared with the fold. */
  async #check(when: string): Promise<void> {
    for (let tries = 0; tries < 30; tries++) {
      const running = await this.#running()
      if (!(await this.#quiet(running))) {
        this.#violations.push(`I8 ${when} the app does not come to rest`)
        return
      }
      // The partitions of the dead are given to others, who read them anew.
      if (this.#members > 1) await this.#world.advance(sessionMs + 1_000)
      if (!running.every(({ isRunning }) => isRunning) || !(await this.#quiet(running))) continue
      if (!running.every(({ isRunning }) => isRunning)) continue
      try {
        await this.#compare(
          when,
          running.map((one) => one.running!),
        )
        return
      } catch (error) {
        if (!(error instanceof Gone)) throw error
      }
    }
    this.#violations.push(`I8 ${when} the app does not stay up`)
  }

  /** Until every event is acknowledged and nothing is left to handle, or one of these has died. */
  async #quiet(running: readonly SimProcess[]): Promise<boolean> {
    for (const sent of this.#sent) if (!sent.isAcknowledged) this.#put(this.#random.pick(running), sent)
    let isQuiet = false
    Promise.all(running.map(({ running: app }) => app!.caughtUp())).then(
      () => (isQuiet = true),
      () => {},
    )
    const isOver = (): boolean =>
      (isQuiet && this.#sent.every(({ isAcknowledged }) => isAcknowledged)) || running.some((one) => !one.isRunning)
    return this.#world.until(isOver, restMs)
  }

  async #compare(when: string, apps: readonly RunningApp[]): Promise<void> {
    this.#checks++
    for (const { name } of [rows, parts]) {
      const pages = await this.#done(Promise.all(apps.map((app) => app.store(name).range({ limit: 10_000 }))))
      const live = new Map(pages.flatMap((page) => page.rows).map(({ key, value }) => [key, value]))
      const fold = new Map<string, unknown>()
      for (const { key, data } of await this.#log(apps[0]!, `app.${name}.changelog`))
        if (data === null) fold.delete(key!)
        else fold.set(key!, data)
      const [one, other] = [live, fold].map((map) => JSON.stringify([...map].toSorted(([a], [b]) => (a < b ? -1 : 1))))
      if (one !== other) this.#violations.push(`I5 ${when} the store ${name} is ${one}, and its log says ${other}`)
    }
  }

  /** What the events that were handled should have left. */
  async #judgeLog(): Promise<void> {
    const app = (await this.#running())[0]!.running!
    const handled = (await this.#log(app, 'app.tally')).map(({ data }) => data as Item)
    const marked = (await this.#log(app, 'app.mark')).map(({ data }) => data as Item)
    const numbers = [...handled, ...marked].map(({ n }) => n).toSorted((a, b) => a - b)
    if (JSON.stringify(numbers) !== JSON.stringify(this.#sent.map(({ item }) => item.n)))
      this.#violations.push(
        `I1, I2 ${this.#sent.length} were sent and acknowledged, and these came: ${numbers.join(' ')}`,
      )
    const state = new Map<string, Record>()
    for (const record of await this.#log(app, 'app.rows.changelog')) state.set(record.key!, record)
    for (const key of keys) {
      const seen: number[] = []
      for (const { n, act } of handled.filter((item) => item.key === key))
        if (act === 'clear') seen.length = 0
        else if (act !== 'dead') seen.push(n)
      const row = (state.get(key)?.data ?? { seen: [], marks: [] }) as z.infer<typeof Row>
      if (JSON.stringify(row.seen) !== JSON.stringify(seen))
        this.#violations.push(
          `I2, I3 the row of ${key} has seen ${row.seen.join(' ')}, and it should be ${seen.join(' ')}`,
        )
      const marks = marked.filter((item) => item.key === key && item.act !== 'dead').map(({ n }) => n)
      const wasCleared = handled.some((item) => item.key === key && item.act === 'clear')
      const lasting = wasCleared ? marks.slice(marks.length - row.marks.length) : marks
      if (JSON.stringify(row.marks) !== JSON.stringify(lasting))
        this.#violations.push(`I2, I3 the row of ${key} has the marks ${row.marks.join(' ')} of ${marks.join(' ')}`)
    }
  }

  async #log({ inspector }: RunningApp, topic: string): Promise<readonly Record[]> {
    const all: Record[] = []
    for (let partition = 0; partition < partitions; partition++)
      for (let offset = 0; ;) {
        const records = await this.#done(inspector.read(topic, partition, offset, 1_000))
        if (records.length === 0) break
        all.push(...records)
        offset = records.at(-1)!.offset + 1
      }
    return all
  }

  /** Moves time until a promise has settled. */
  async #done<Value>(promise: Promise<Value>): Promise<Value> {
    const state = { isSettled: false }
    const settle = (): void => void (state.isSettled = true)
    void promise.then(settle, settle)
    if (!(await this.#world.until(() => state.isSettled))) throw new Gone()
    return await promise
  }
}
