/** The version of the package that this file belongs to. */
import { readFileSync } from 'node:fs'

/** Read from package.json, which lies two folders up in the sources and in the published package alike. */
export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string
  }
  return manifest.version
}
