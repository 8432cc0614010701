import * as z from 'zod'
import { embedded, entry, line, metrobus, stop } from '../../src/index.ts'

const Person = z.object({ name: z.string() })
const Greeting = z.object({ text: z.string() })
const greet = stop('greet', { in: Person, out: Greeting, effects: 'none' }, ({ name }) => ({ text: `Hello ${name}` }))
const print = stop('print', { in: Greeting }, ({ text }) => console.log(text))
const hello = line('hello').via(greet).to(print)
const people = entry('people', { in: Person, key: ({ name }) => name, route: hello })

await using app = await metrobus('hello', { entries: [people] }).start({ bus: embedded({ dir: './data' }) })
await app.send('people', { name: 'world' }) // resolves when the event is on the disk
await app.caughtUp()
