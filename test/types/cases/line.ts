// A line is a sequence in which every stop takes what the one before it gives.
import { drop, line, stop } from '../../../src/index.ts'
import type { Line } from '../../../src/index.ts'
import { schema, typed } from '../expect.ts'

interface Contact {
  accountId: string
  age?: number
}
interface Mailable extends Contact {
  email: string
  tags: string[]
}

const addEmail = stop('add-email', { in: schema<Contact>(), out: schema<Mailable>() }, () => drop('no-email'))
const whiteList = stop('white-list', { in: schema<Mailable>(), out: schema<Mailable>() }, (contact) => contact)
const archive = stop('archive', { in: schema<{ email: string }>() }, () => {})
const print = stop('print', { in: schema<{ street: string; city?: string }>() }, () => {})
const count = stop('count', { in: schema<{ email: number }>() }, () => {})
const shout = stop('shout', { in: schema<string>(), out: schema<string>() }, (text) => text.toUpperCase())
const anything = stop('anything', { in: schema<unknown>() }, () => {})
const readOnly = stop(
  'read-only',
  { in: schema<{ readonly tags: readonly string[] }>(), out: schema<{ readonly tags: readonly string[] }>() },
  (it) => it,
)
const mutable = stop('mutable', { in: schema<{ tags: string[] }>() }, () => {})
const aged = stop('aged', { in: schema<{ age: number }>() }, () => {})

// What fits: more fields than are taken, and less writable ones, for nobody writes.
typed<Line<'campaign', Contact, undefined>>()(line('campaign').via(addEmail).via(whiteList).to(archive))
typed<Line<'short', { email: string }, undefined>>()(line('short').to(archive))
typed<Line<'open', Contact, Mailable>>()(line('open').via(addEmail).to(whiteList))
line('any').via(addEmail).to(anything)
line('frozen').via(readOnly).to(mutable)

// error: TypeFault<"'print' does not fit behind 'add-email': it needs 'street', which 'add-email' does not give">
line('missing').via(addEmail).to(print)

// error: TypeFault<"'count' does not fit behind 'white-list': it takes 'email' as another type than 'white-list' gives">
line('other').via(addEmail).via(whiteList).to(count)

// error: TypeFault<"'aged' does not fit behind 'add-email': it takes 'age' as another type than 'add-email' gives">
line('optional').via(addEmail).to(aged)

// error: TypeFault<"'shout' does not fit behind 'add-email': it takes other data than 'add-email' gives">
line('scalar').via(addEmail).via(shout)

// error: TypeFault<"nothing can come behind 'archive', which has no output: events end there">
line('ended').via(addEmail).via(archive).to(anything)

// error: is not assignable to parameter of type
line('function').via(() => 'no stop')

line('hard-wired').to(
  stop(
    'add-email',
    {
      in: schema<Contact>(),
      out: schema<Mailable>(),
      // error: TypeFault<"'print' does not fit behind 'add-email': it needs 'street', which 'add-email' does not give">
      next: print,
    },
    () => drop('no-email'),
  ),
)
