/** What the three examples of routing share: the data, and what their stops look up. The stops themselves are written out in each of them. */
import * as z from 'zod'

export const Contact = z.object({ accountId: z.string(), campaign: z.string() })
export const Mailable = z.object({ accountId: z.string(), campaign: z.string(), email: z.string() })

export const emails: ReadonlyMap<string, string> = new Map([
  ['a-1', 'ada@example.com'],
  ['a-2', 'grace@example.com'],
  ['a-3', 'barbara@example.com'],
])

export const whiteListed: ReadonlySet<string> = new Set(['a-1', 'a-3'])

/** a-2 may not be mailed, and nobody knows a-4. */
export const contacts: readonly z.infer<typeof Contact>[] = ['a-1', 'a-2', 'a-3', 'a-4'].map((accountId) => ({
  accountId,
  campaign: 'spring',
}))
