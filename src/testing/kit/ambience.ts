/**
 * The surroundings of code under test: inside, time and randomness by their usual names (`Date`, `setTimeout`, `Math.random`, `node:timers/promises`, ...) are those of the
 * test, and real input and output is refused by name. Outside, everything is as ever, also at the same moment in the same process: what is inside is known by
 * its asynchronous scope, so the test runner and the tests beside it notice nothing.
 *
 * Invariants:
 * - A1 Nothing is replaced while nobody is inside; the last who leaves, also by a throw, puts everything back.
 * - A2 What somebody else has put in place meanwhile stays.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { syncBuiltinESMExports } from 'node:module'
import { MetrobusError } from '../../errors/index.ts'
import type { Clock, Random } from '../../internal/platform/platform.ts'
import { randomReplacements } from './virtual-random.ts'
import { timeReplacements } from './virtual-time.ts'

/** What the code inside is given. */
export interface Ambience {
  readonly clock: Clock
  readonly random: Random
  /** Who runs, for a refusal: `the stop "archive"`. */
  readonly who: string
  /** Told of every refusal: code under test may swallow what it is thrown. */
  readonly refused: (error: MetrobusError) => void
}

/** A function that is replaced: of `owner`, called `name`. `inside` runs instead of the real one. */
export interface Replacement {
  readonly owner: object
  readonly name: string
  readonly inside: (ambience: Ambience, args: readonly unknown[], real: Callable) => unknown
  /** Makes an instance, where the function is a class. Default: as the real one. */
  readonly construct?: (ambience: Ambience, args: readonly unknown[]) => readonly unknown[]
}

export type Callable = (...args: readonly unknown[]) => unknown

const storage: AsyncLocalStorage<Ambience> = new AsyncLocalStorage<Ambience>()

/** What the running code is inside of, if anything. */
export function currentAmbience(): Ambience | undefined {
  return storage.getStore()
}

/** Runs something inside, within something that already is. */
export function callInside<Result>(ambience: Ambience, run: () => Result): Result {
  return storage.run(ambience, run)
}

/** Runs something inside, with all that it starts and awaits. */
export async function inside<Result>(ambience: Ambience, run: () => Promise<Result>): Promise<Result> {
  enter()
  try {
    return await storage.run(ambience, run)
  } finally {
    leave()
  }
}

interface Placed {
  readonly owner: object
  readonly name: string
  readonly before: PropertyDescriptor | undefined
  readonly mine: unknown
}

let users = 0
let placed: Placed[] = []

function enter(): void {
  if (users++ > 0) return
  // Whoever opens the standard streams for the first time must not find a guarded file system.
  void process.stdout
  void process.stderr
  try {
    for (const replacement of [...timeReplacements(), ...randomReplacements(), ...refusals()])
      placed.push(place(replacement))
    syncBuiltinESMExports()
  } catch (error) {
    leave()
    throw error
  }
}

function leave(): void {
  if (--users > 0) return
  for (const { owner, name, before, mine } of placed) {
    if (Reflect.get(owner, name) !== mine) continue
    if (before === undefined) Reflect.deleteProperty(owner, name)
    else Object.defineProperty(owner, name, before)
  }
  placed = []
  syncBuiltinESMExports()
}

function place({ owner, name, inside: run, construct }: Replacement): Placed {
  const before = Object.getOwnPropertyDescriptor(owner, name)
  const mine = new Proxy(Reflect.get(owner, name) as Callable, {
    apply(real, self, args: readonly unknown[]) {
      const ambience = storage.getStore()
      if (ambience === undefined) return Reflect.apply(real, self, args)
      return run(ambience, args, (...changed) => Reflect.apply(real, self, changed))
    },
    construct(real, args, made) {
      const ambience = storage.getStore()
      const changed = ambience === undefined || construct === undefined ? args : construct(ambience, args)
      return Reflect.construct(real, changed, made) as object
    },
  })
  const { enumerable = true } = before ?? {}
  Object.defineProperty(owner, name, { value: mine, configurable: true, writable: true, enumerable })
  return { owner, name, before, mine }
}

/** Modules whose functions reach the world outside, and those functions where not all of them do. */
const modules: Readonly<Record<string, readonly string[]>> = {
  child_process: ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'],
  dgram: ['createSocket'],
  dns: ['lookup', 'resolve', 'resolve4', 'resolve6', 'reverse'],
  'dns/promises': ['lookup', 'resolve', 'resolve4', 'resolve6', 'reverse'],
  fs: [],
  'fs/promises': [],
  http: ['createServer', 'get', 'request'],
  http2: ['connect', 'createServer', 'createSecureServer'],
  https: ['createServer', 'get', 'request'],
  net: ['connect', 'createConnection', 'createServer'],
  tls: ['connect', 'createServer'],
}

function* refusals(): Generator<Replacement> {
  for (const [module, some] of Object.entries(modules)) {
    const owner = process.getBuiltinModule(module) as unknown as { readonly [name: string]: unknown }
    const names = some.length > 0 ? some : Object.keys(owner).filter((name) => /^[a-z]/.test(name))
    for (const name of names)
      if (typeof owner[name] === 'function') yield { owner, name, inside: refuse(`${module}.${name}()`) }
  }
  // What was taken out of its module before is met here.
  const { Socket } = process.getBuiltinModule('net')
  yield { owner: Socket.prototype, name: 'connect', inside: refuse('net.Socket.connect()') }
  for (const name of ['fetch', 'WebSocket'])
    if (name in globalThis) {
      const refused = refuse(`${name}()`)
      yield {
        owner: globalThis,
        name,
        inside: refused,
        construct: (ambience, args) => refused(ambience, args, () => args) as never,
      }
    }
}

const refuse =
  (call: string): Replacement['inside'] =>
  (ambience, args, real) => {
    // Loggers write to the standard streams; nobody waits for that.
    if (call.startsWith('fs.') && (args[0] === 1 || args[0] === 2)) return real(...args)
    // A module that is imported for the first time is read by the loader; that is no doing of the stop's.
    const caller: { readonly stack?: string } = {}
    Error.captureStackTrace(caller)
    if (caller.stack?.includes('node:internal/modules/') === true) return real(...args)
    const error = new MetrobusError('MB_REAL_IO', { call, who: ambience.who })
    ambience.refused(error)
    throw error
  }
