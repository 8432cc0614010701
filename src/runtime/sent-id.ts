/** Ids that senders give. */
import { MetrobusError } from '../errors/index.ts'

const idFault = /[\0-\x1f\x7f]/
const idSpecial = /[%!~ ]/g

/** `~` and `!` divide the parts of ids that are made from others, and a blank divides ids, so they are escaped in a sender's. */
export function escapeId(id: string): string {
  if (id === '' || id.length > 1_000 || idFault.test(id) || !id.isWellFormed())
    throw new MetrobusError('MB_BAD_OPTIONS', {
      what: 'The event id',
      faults: ['it must be 1 to 1,000 characters, none of them a control or half a character'],
    })
  return id.replace(idSpecial, (character) => `%${character.charCodeAt(0).toString(16)}`)
}
