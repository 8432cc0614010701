/** The same schemas as in `contact.ts`, field by field, by a validator that compiles what it checks and answers what it was given. */
import { type } from 'arktype'

export const Contact = type({
  accountId: 'string',
  campaign: 'string',
  givenName: 'string',
  familyName: 'string',
  company: 'string',
  position: 'string',
  language: 'string',
  phone: 'string',
  mobile: 'string',
  birthYear: 'number',
  customerSince: 'string',
  segment: 'string',
  score: 'number',
  orders: 'number',
  revenueCents: 'number',
  lastOrder: 'string',
  newsletter: 'boolean',
  source: 'string',
  owner: 'string',
  address: {
    street: 'string',
    postalCode: 'string',
    city: 'string',
    country: 'string',
  },
  subject: 'string',
  note: 'string',
})

export const Mailable = Contact.and({ email: 'string' })
