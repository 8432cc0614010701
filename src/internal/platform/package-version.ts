/** The version of the package that this file belongs to. */
import { readFileSync } from 'node:fs'

let known: string | undefined

/** Read once from package.json, which lies three folders up in the sources and in the published package alike. */
export function packageVersion(): string {
  known ??= (
    JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { readonly version: string }
  ).version
  return known
}
