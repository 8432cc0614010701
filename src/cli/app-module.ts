/** Loads the module of an app: `export default () => app`, or an app itself. Importing such a module starts nothing. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MetrobusError } from '../errors/index.ts'
import type { AppDefinition } from '../runtime/definition.ts'
import type { StartOptions } from '../runtime/options.ts'
import type { RunningApp } from '../runtime/running.ts'

/** What the command line needs of an app. */
export interface LoadedApp {
  readonly name: string
  readonly definition: AppDefinition
  start(options: StartOptions): Promise<RunningApp>
}

/** Throws MB_NO_APP_MODULE, MB_APP_MODULE_FAILED or MB_NOT_AN_APP. */
export async function loadApp(path: string): Promise<LoadedApp> {
  const file = resolve(path)
  if (!existsSync(file)) throw new MetrobusError('MB_NO_APP_MODULE', { path })
  let exported: unknown
  try {
    const module = (await import(pathToFileURL(file).href)) as { readonly default?: unknown }
    exported = module.default
    if (typeof exported === 'function') exported = await (exported as () => unknown)()
  } catch (cause) {
    throw new MetrobusError('MB_APP_MODULE_FAILED', { path }, { cause })
  }
  if (isApp(exported)) return exported
  throw new MetrobusError('MB_NOT_AN_APP', { path, found: describe(exported) })
}

/** By shape and not by class: the module may have loaded another copy of the package. */
const isApp = (value: unknown): value is LoadedApp =>
  typeof value === 'object' &&
  value !== null &&
  'definition' in value &&
  'start' in value &&
  typeof value.start === 'function'

function describe(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  return `of type ${Array.isArray(value) ? 'array' : typeof value}`
}
