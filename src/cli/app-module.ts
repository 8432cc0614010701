/**
 * Loads a module of apps: `export default () => app`, an app itself, or several that make a system, as a list or by name. Importing such a module starts nothing.
 * A folder stands for the `app.ts` or `app.js` in it.
 */
import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
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

/** What a module exports. */
export interface LoadedModule {
  /** One at least. */
  readonly apps: readonly LoadedApp[]
  /** Its export `load`, as it is. */
  readonly load: unknown
}

/** Throws MB_NO_APP_MODULE, MB_APP_MODULE_FAILED or MB_NOT_AN_APP. */
export async function loadModule(path: string): Promise<LoadedModule> {
  const file = fileOf(resolve(path))
  if (file === undefined) throw new MetrobusError('MB_NO_APP_MODULE', { path })
  let exported: unknown
  let load: unknown
  try {
    const module = (await import(pathToFileURL(file).href)) as { readonly default?: unknown; readonly load?: unknown }
    load = module.load
    exported = module.default
    if (typeof exported === 'function') exported = await (exported as () => unknown)()
  } catch (cause) {
    throw new MetrobusError('MB_APP_MODULE_FAILED', { path }, { cause })
  }
  const apps = isApp(exported) ? [exported] : Object.values(exported ?? {})
  if (apps.length > 0 && apps.every(isApp)) return { apps, load }
  throw new MetrobusError('MB_NOT_AN_APP', { path, found: describe(exported) })
}

/** The only app of a module. Throws MB_BAD_ARGUMENT besides. */
export async function loadApp(path: string): Promise<LoadedApp> {
  const { apps } = await loadModule(path)
  const [app] = apps
  if (app !== undefined && apps.length === 1) return app
  throw new MetrobusError('MB_BAD_ARGUMENT', {
    argument: path,
    problem: `has several apps (${apps.map(({ name }) => name).join(', ')}): name a module of one`,
  })
}

function fileOf(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  if (!statSync(path).isDirectory()) return path
  return ['app.ts', 'app.js'].map((name) => join(path, name)).find((file) => existsSync(file))
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
