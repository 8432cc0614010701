/** What a bench is: a name for the command line, its options, and one run that answers the figures or throws. */
export interface Bench {
  readonly name: string
  readonly purpose: string
  readonly options: Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly hint: string }>>
  /** Throws when what ran is not correct: a figure of a wrong run is never printed. */
  run(options: BenchOptions): Promise<Readonly<Record<string, unknown>>>
}

export type BenchOptions = Readonly<Record<string, string | boolean | undefined>>

/** A positive number given as an option, or the default. */
export function numberOf<Default>(options: BenchOptions, name: string, otherwise: Default): number | Default {
  const given = options[name]
  if (given === undefined) return otherwise
  const value = Number(given)
  if (!(value > 0)) throw new Error(`--${name} must be a positive number, and is ${JSON.stringify(given)}`)
  return value
}

/** One of the values, given as an option, or the first. */
export function choiceOf<Value extends string>(
  options: BenchOptions,
  name: string,
  values: readonly [Value, ...Value[]],
): Value {
  const given = options[name] ?? values[0]
  const value = values.find((candidate) => candidate === given)
  if (value === undefined)
    throw new Error(`--${name} must be one of ${values.join(', ')}, and is ${JSON.stringify(given)}`)
  return value
}

/** Fails the run when a claim about it does not hold. */
export function verify(holds: boolean, claim: string): asserts holds {
  if (!holds) throw new Error(`The run is not correct: ${claim}.`)
}

/** A text given as an option. */
export function textOf(options: BenchOptions, name: string): string | undefined {
  const given = options[name]
  return typeof given === 'string' ? given : undefined
}
