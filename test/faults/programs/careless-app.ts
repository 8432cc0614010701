/**
 * An app whose handler leaves something behind that fails after it has returned. Says `logged <number> <stop> <message>` of every entry in the error log, `emitted <number>` of every event that
 * the handler's emits became: below 0 those that came too late. See `careless-places.ts` for its argument.
 */
import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { entry, line, memory, metrobus, stop } from '../../../src/index.ts'
import { entriesOf } from './careless-places.ts'
import type { CarelessLife, Variant } from './careless-places.ts'

const { variants, afterMs } = JSON.parse(process.argv[2]!) as CarelessLife
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const Item = z.object({ number: z.number() })
const left = (number: number): Error => new Error(`left behind by ${number}`)

const second = entry('second', {
  in: Item,
  route: line('after').to(stop('take', { in: Item }, ({ number }) => say(`emitted ${number}`))),
})
const careless = stop('careless', { in: Item, emits: [second] }, ({ number }, { emit }) => {
  // In time: this one counts.
  emit(second, { number })
  leave(variants[number - 1]!, number, () => emit(second, { number: -number }))
})

function leave(variant: Variant, number: number, emit: () => void): void {
  const fail = (): never => {
    throw left(number)
  }
  if (variant === 'reject') void Promise.reject(left(number))
  if (variant === 'reject-later') void sleep(afterMs).then(fail)
  if (variant === 'reject-deep')
    void Promise.all([
      sleep(afterMs),
      sleep(afterMs)
        .then(() => sleep(1))
        .then(fail),
    ])
  if (variant === 'emit-later' || variant === 'emit-twice') void sleep(afterMs).then(emit)
  if (variant === 'emit-twice') void sleep(afterMs + 1).then(emit)
  if (variant === 'emit-in-timer-caught')
    setTimeout(() => {
      try {
        emit()
        say(`emitted late ${number}`)
      } catch {
        // It was told, and chose not to care.
      }
    }, afterMs)
  if (variant === 'timer') setTimeout(fail, afterMs)
  if (variant === 'immediate') setImmediate(fail)
  if (variant === 'tick') process.nextTick(fail)
  if (variant === 'microtask') queueMicrotask(fail)
  if (variant === 'emitter') setTimeout(() => new EventEmitter().emit('error', left(number)), afterMs)
}

const items = entry('items', { in: Item, route: line('main').to(careless) })
const app = await metrobus('careless', { entries: [items, second] }).start({ bus: memory(), socket: false })
await Promise.all(variants.map((_, index) => app.send('items', { number: index + 1 }, { id: `e${index + 1}` })))
await app.caughtUp()
const expected = variants.reduce((sum, variant) => sum + entriesOf(variant), 0)
const errors = (): ReturnType<typeof app.inspector.read> => app.inspector.read('careless.errors', 0, 0, 1000)
for (let left = 200; left > 0 && (await errors()).length < expected; left--) await sleep(10)
await sleep(afterMs + 20)
for (const { data } of await errors()) {
  const { stop: where, id, message } = data as { readonly stop: string; readonly id: string; readonly message: string }
  say(`logged ${id.slice(1)} ${where} ${message}`)
}
say('done')
await app.stop()
