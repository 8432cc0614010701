import * as z from 'zod'

/** A contact as it comes in. */
export const NewContact = z.object({
  accountId: z.string().min(1),
  campaign: z.string().min(1),
  firstName: z.string(),
  lastName: z.string(),
  language: z.string().default('en'),
})
export type NewContact = z.input<typeof NewContact>

/** A contact as the stops see it: what the entry has made of it. */
export const Contact = z.object({
  accountId: z.string(),
  campaign: z.string(),
  firstName: z.string(),
  lastName: z.string(),
  language: z.string(),
})

/** A contact with an address. */
export const Mailable = z.object({ ...Contact.shape, email: z.string() })
export type Mailable = z.infer<typeof Mailable>
