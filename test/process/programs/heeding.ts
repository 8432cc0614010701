/** A handler that waits for nothing but its signal, in an app that nothing else keeps alive: its deadline must. */
import * as z from 'zod'
import { entry, line, memory, metrobus, stop } from '../../../src/index.ts'

const policy = { attempts: 1, deadline: 200 }
const heeding = stop(
  'heeding',
  { in: z.object({}), policy },
  (_, { signal }) =>
    new Promise<void>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('called back')))
    }),
)
const items = entry('items', { in: z.object({}), route: line('main').to(heeding) })
const app = await metrobus('heeding', { entries: [items] }).start({ bus: memory(), socket: false })
await app.send('items', {})
await app.caughtUp()
const letters = await app.deadLetters.list()
console.log(letters.map(({ cause }) => cause).join())
await app.stop()
