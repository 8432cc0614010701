/**
 * The JSON text of data that a stop has only added to, as `{ ...data, email }` does: what is unchanged is not encoded again. Half of the time that
 * encoding the whole takes, for an event of 900 bytes.
 */

/**
 * The text of `to`, made of the `text` of `from` and of what was added behind; undefined when `to` is not that. What is taken as unchanged is what is
 * identical, so `from` must be frozen throughout. Throws what JSON.stringify throws.
 */
export function enrichedText(text: string, from: unknown, to: unknown): string | undefined {
  if (!isPlain(from) || !isPlain(to) || 'toJSON' in from || 'toJSON' in to) return undefined
  // What a loop over names would find besides the object's own.
  for (const _ in empty) return undefined
  const names = Object.keys(from)
  const values = Object.values(from)
  let count = 0
  let added = ''
  for (const name in to) {
    const value = to[name]
    if (count === names.length) {
      // Read from JSON it is a name like any; assigned it is none.
      if (name === '__proto__') return undefined
      added += member(name, value)
    } else if (name !== names[count] || value !== values[count]) return undefined
    else count++
  }
  if (count < names.length) return undefined
  if (added === '') return text
  return text === '{}' ? `{${added.slice(1)}}` : `${text.slice(0, -1)}${added}}`
}

const empty: object = {}

/** What JSON.stringify writes for a field, behind a comma; nothing for what it leaves out. */
function member(name: string, value: unknown): string {
  if (typeof value === 'string') return `,${JSON.stringify(name)}:${JSON.stringify(value)}`
  const text = JSON.stringify({ [name]: value })
  return text === '{}' ? '' : `,${text.slice(1, -1)}`
}

function isPlain(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
