/** From the start of a process to its first event handled by the last stop, with the package compiled as it is published, and the app as it is deployed. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { verify } from './bench.ts'
import type { Bench } from './bench.ts'
import { inFolder } from './folder.ts'
import { rounded } from './percentiles.ts'

export const start: Bench = {
  name: 'start',
  purpose: 'from the start of a process on an empty journal to its first event handled',
  options: {},
  run: () =>
    inFolder(async (dir) => {
      const packageUrl = compiled(join(dir, 'dist'))
      const program = firstEventProgram(join(dir, 'program'))
      return { bench: 'start', firstEventMs: rounded(await firstEventMs(program, join(dir, 'journal'), packageUrl), 0) }
    }),
}

/** Compiles the package into `dir`; answers the address of its main entry. */
export function compiled(dir: string): string {
  const build = join(import.meta.dirname, '..', 'tools', 'build.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [build, dir], { encoding: 'utf8' })
  verify(status === 0, `the package does not compile: ${stdout}${stderr}`)
  return pathToFileURL(join(dir, 'index.js')).href
}

/** Puts the program and what it imports of the benches into a folder of its own, without types: taking them away at the start costs as much as Node's own start. */
export function firstEventProgram(dir: string): string {
  mkdirSync(dir)
  symlinkSync(join(import.meta.dirname, '..', 'node_modules'), join(dir, 'node_modules'))
  for (const name of ['first-event', 'campaign-app', 'contact']) {
    const text = stripTypeScriptTypes(readFileSync(join(import.meta.dirname, `${name}.ts`), 'utf8'))
    writeFileSync(join(dir, `${name}.mjs`), text.replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.mjs'"))
  }
  return join(dir, 'first-event.mjs')
}

/** Starts a process over the journal in `dir`, and stops it when the last stop has been given an event. */
export async function firstEventMs(program: string, dir: string, packageUrl: string): Promise<number> {
  const startMs = performance.now()
  const child = spawn(process.execPath, [program, dir, packageUrl], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const answer = await Promise.race([once(child.stdout, 'data'), exited.then(() => undefined)])
  const ms = performance.now() - startMs
  const [code] = await exited
  verify(answer !== undefined && code === 0, `the process ended with ${String(code)}`)
  return ms
}
