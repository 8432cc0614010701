/** What a stop finds under the usual names of time and randomness, and that all of it is gone afterwards. */
import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { existsSync, writeSync, writevSync } from 'node:fs'
import { connect } from 'node:net'
import test from 'node:test'
import { scheduler, setImmediate as turn, setInterval as every, setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import * as z from 'zod'
import { stop } from '../../src/index.ts'
import { given } from '../../src/testing/index.ts'

const Any = z.object({})

/** Runs something as a stop does, and answers what it gave. */
async function inside<Result>(run: () => Result | Promise<Result>): Promise<Result> {
  const { tries } = await given(
    stop('runs', { in: Any, out: z.any(), policy: { attempts: 1 } }, async () => ({ gave: await run() })),
  ).when({})
  const { answer, error } = tries[0]!
  if (error !== undefined) throw error
  return (answer as { readonly gave: Result }).gave
}

test('an interval comes again and again until it is cleared, and a timer may be begun anew', async () => {
  const moments = await inside(async () => {
    const began = performance.now()
    const came: number[] = []
    await new Promise<void>((resolve) => {
      const interval = setInterval(() => {
        came.push(performance.now() - began)
        if (came.length < 3) return
        clearInterval(interval)
        resolve()
      }, 1_000)
    })
    const late = setTimeout(() => came.push(performance.now() - began), 1_000)
    await pause(900)
    late.refresh()
    await pause(900)
    const gone = setTimeout(() => came.push(-1), 1)
    clearTimeout(gone)
    await pause(200)
    return came
  })
  assert.deepEqual(moments, [1_000, 2_000, 3_000, 4_900])
})

test('turns, promised waits and what is made of them by promisify', async () => {
  const told = await inside(async () => {
    const began = Date.now()
    const order: string[] = []
    setImmediate(() => order.push('immediate'))
    clearImmediate(setImmediate(() => order.push('cleared')))
    queueMicrotask(() => order.push('microtask'))
    await turn()
    const value = await pause(5_000, 'value')
    await promisify(setTimeout)(1_000)
    return { order, value, took: Date.now() - began }
  })
  assert.deepEqual(told, { order: ['microtask', 'immediate'], value: 'value', took: 6_000 })
})

test('a wait ends early by its signal, and a signal by its time', async () => {
  const told = await inside(async () => {
    const began = process.hrtime.bigint()
    const name = await pause(60_000, undefined, { signal: AbortSignal.timeout(2_000) }).catch(({ name }: Error) => name)
    const again = await pause(60_000, undefined, { signal: AbortSignal.abort() }).catch(({ name }: Error) => name)
    return [name, again, Number(process.hrtime.bigint() - began) / 1e6]
  })
  assert.deepEqual(told, ['AbortError', 'AbortError', 2_000])
})

test('the other ways to wait and to measure, too', async () => {
  const told = await inside(async () => {
    const began = process.hrtime()
    await scheduler.wait(1_500)
    let left = 3
    for await (const value of every(100, 'tick')) if (value !== 'tick' || --left === 0) break
    return process.hrtime(began)
  })
  assert.deepEqual(told, [1, 800_000_000])
})

test('dates are of the virtual day, given ones stay, and all are dates', async () => {
  const told = await inside(() => {
    class Day extends Date {}
    return [
      Date().slice(11, 15),
      new Date(2020, 1).getFullYear(),
      new Day().getUTCFullYear(),
      new Date() instanceof Date,
    ]
  })
  assert.deepEqual(told, ['2026', 2020, 2026, true])
})

test('every draw is the same in the next test, and looks as it should', async () => {
  const draw = () =>
    inside(async () => ({
      uuid: crypto.randomUUID(),
      bytes: randomBytes(8).toString('hex'),
      array: [...crypto.getRandomValues(new Uint16Array(2))],
      int: randomInt(5, 8),
      later: await promisify<number, number>(randomInt as never)(3),
      number: Math.random(),
    }))
  const drawn = await draw()
  assert.deepEqual(drawn, await draw())
  assert.match(drawn.uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.ok(drawn.int >= 5 && drawn.int < 8 && drawn.later < 3 && drawn.array.length === 2 && drawn.bytes.length === 16)
})

test('what reaches the world outside is refused by its name, whichever way it is reached', async () => {
  const refused: Readonly<Record<string, () => unknown>> = {
    'fs.existsSync\\(\\)': () => existsSync('/'),
    'net.connect\\(\\)': () => connect(1),
    'dns/promises.lookup\\(\\)': () => lookup('localhost'),
    'net.Socket.connect\\(\\)': () => new (process.getBuiltinModule('net').Socket)().connect(1),
    'child_process.spawn\\(\\)': () => process.getBuiltinModule('child_process').spawn('true'),
    'WebSocket\\(\\)': () => new WebSocket('ws://localhost:1'),
  }
  for (const [name, call] of Object.entries(refused))
    await assert.rejects(inside(call), {
      code: 'MB_REAL_IO',
      message: new RegExp(`^${name} .* the stop "runs" called it`),
    })
  assert.ok(existsSync('/'))
})

test('a logger may write to the standard streams, and to no file', async () => {
  await inside(() => writeSync(2, ''))
  await assert.rejects(
    inside(() => writevSync(3, [])),
    { code: 'MB_REAL_IO' },
  )
})

test('a module may still be imported for the first time', async () => {
  assert.equal(typeof (await inside(() => import('../../examples/contact-campaign/generate.ts'))).generate, 'function')
})
