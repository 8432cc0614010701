// Any Standard Schema validator gives its types.
import { type } from 'arktype'
import * as v from 'valibot'
import * as z from 'zod'
import { entry, line, stop } from '../../../src/index.ts'
import type { Entry, Stop } from '../../../src/index.ts'
import { typed } from '../expect.ts'

interface Contact {
  accountId: string
  tags: string[]
}

const zodded = stop('zod', { in: z.object({ accountId: z.string(), tags: z.array(z.string()) }) }, () => {})
const valibotted = stop('valibot', { in: v.object({ accountId: v.string(), tags: v.array(v.string()) }) }, () => {})
const arktyped = stop('arktype', { in: type({ accountId: 'string', tags: 'string[]' }) }, () => {})
typed<Stop<'zod', Contact, undefined>>()(zodded)
typed<Stop<'valibot', Contact, undefined>>()(valibotted)
typed<Stop<'arktype', Contact, undefined>>()(arktyped)

// An entry takes what its validator takes, and gives what it gives.
const Loose = z.object({ accountId: z.string().trim(), tags: z.array(z.string()).default([]) })
typed<Entry<'contacts', { accountId: string; tags?: string[] | undefined }>>()(
  entry('contacts', { in: Loose, key: ({ accountId }) => accountId, route: line('a').to(arktyped) }),
)
entry('contacts', { in: v.object({ accountId: v.string(), tags: v.array(v.string()) }), route: zodded })
entry('contacts', { in: type({ accountId: 'string', tags: 'string[]' }), route: valibotted })

// error: TypeFault<"this schema changes the form of its data: let the schema of the entry do that, where events are validated">
stop('inner', { in: Loose }, () => {})
// error: TypeFault<"what rides is plain JSON, but data.at is a Date">
entry('dates', { in: z.object({ at: z.coerce.date() }), route: stop('any', { in: z.unknown() }, () => {}) })
// error: TypeFault<"what rides is plain JSON, but data.at is a Date">
entry('dates', { in: type({ at: 'string.date.parse' }), route: stop('any', { in: z.unknown() }, () => {}) })

// A branded text is a text, a recursive type is looked through, and JSON is JSON.
entry('branded', { in: z.object({ id: z.string().brand('id') }), route: stop('any', { in: z.unknown() }, () => {}) })
entry('json', { in: z.json(), route: stop('json', { in: z.json() }, () => {}) })
