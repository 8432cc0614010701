/** Fields that leave the server for nobody: what stands there is replaced before an answer is written, whichever route it is of. */

/** Which fields are masked, and where; what is left out of `topics`, `types` and `stores` narrows nothing. */
export interface MaskRule {
  /** Members of the data or of a row, as `card.number`; `*` is every one. A list is looked through: `orders.card` is that of each order. */
  readonly paths?: readonly string[]
  /** Names of headers, in any case. */
  readonly headers?: readonly string[]
  /** Only in records of these topics. */
  readonly topics?: readonly string[]
  /** Only in events of these types. */
  readonly types?: readonly string[]
  /** Only in dead letters of these stops. */
  readonly stops?: readonly string[]
}

/** What stands in the place of what is masked. */
export const masked = '***'

/** Masks what it is given, which stays as it is. */
export type Mask = (answer: unknown) => unknown

type Json = Readonly<Record<string, unknown>>

/** A mask of all the rules: it looks for records, dead letters and rows wherever they stand in an answer. */
export function maskOf(rules: readonly MaskRule[]): Mask {
  const mask: Mask = (answer) => {
    if (Array.isArray(answer)) return answer.map(mask)
    if (!isObject(answer)) return answer
    const found = rules.filter((rule) => concerns(rule, answer))
    if ('data' in answer && 'headers' in answer) return eventMasked(answer, found)
    if ('key' in answer && 'value' in answer) return { ...answer, value: valueMasked(answer['value'], found) }
    return Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, mask(value)]))
  }
  return mask
}

function concerns({ topics, types, stops }: MaskRule, { topic, type, stop }: Json): boolean {
  return isOneOf(topics, topic) && isOneOf(types, type) && isOneOf(stops, stop)
}

/** What an answer does not say narrows nothing: rather too much is masked than too little. */
const isOneOf = (names: readonly string[] | undefined, name: unknown): boolean =>
  names === undefined || typeof name !== 'string' || names.includes(name)

function eventMasked(event: Json, rules: readonly MaskRule[]): Json {
  const names = new Set(rules.flatMap(({ headers = [] }) => headers.map((name) => name.toLowerCase())))
  const headers = isObject(event['headers']) ? event['headers'] : {}
  const cut = event['cut']
  return {
    ...event,
    data: valueMasked(event['data'], rules),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, names.has(name.toLowerCase()) ? masked : value]),
    ),
    // The beginning of a text cannot be masked by path.
    ...(isObject(cut) && rules.some(({ paths }) => paths !== undefined) && { cut: { ...cut, begins: masked } }),
  }
}

const valueMasked = (value: unknown, rules: readonly MaskRule[]): unknown =>
  rules.flatMap(({ paths = [] }) => paths).reduce((whole, path) => at(whole, path.split('.')), value)

function at(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return masked
  if (Array.isArray(value)) return value.map((item) => at(item, name === '*' ? rest : [name, ...rest]))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([own, one]) => [own, name === '*' || name === own ? at(one, rest) : one]),
  )
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
