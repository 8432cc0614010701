/**
 * Standard Schema v1 (https://standardschema.dev), the part that Metrobus reads: any validator that speaks it works (zod, valibot, arktype).
 */

/** A Standard Schema validator; may be an object or a function. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
    /** Standard JSON Schema (spec 1.1), where the validator offers it. */
    readonly jsonSchema?: {
      readonly input: (options: { readonly target: string }) => object
      readonly output: (options: { readonly target: string }) => object
    }
  }
}

/** Failure if and only if `issues` is set. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[]; readonly value?: undefined }

/** One fault of a value. */
export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What a schema takes. */
export type SchemaInput<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['input']

/** What a schema gives. */
export type SchemaOutput<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['output']
