/** The form of a schema's data as a text, where the validator can tell it as JSON Schema. */
import type { StandardSchema } from './standard.ts'

const forms = new WeakMap<StandardSchema, { readonly text: string | undefined }>()

/** JSON Schema of what a schema takes, or undefined when the validator has no words for it. */
export function formOf(schema: StandardSchema): string | undefined {
  let form = forms.get(schema)
  if (form === undefined) {
    form = { text: ask(schema) }
    forms.set(schema, form)
  }
  return form.text
}

function ask(schema: StandardSchema): string | undefined {
  try {
    const json = schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
    return json === undefined ? undefined : JSON.stringify(json)
  } catch {
    // The specification lets a validator throw for what JSON Schema cannot say, such as a rule in code.
    return undefined
  }
}
