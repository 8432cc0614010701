/**
 * The subcommands by name. Each is loaded only when it is called, so that `metrobus run` does not pay for the others; help, completion and
 * suggestions load them all.
 */
import type { Command } from 'commander'
import type { Runner } from './context.ts'

type Load = () => Promise<{ readonly command: (run: Runner) => Command }>

/** In the order of the help. */
export const commands: { readonly [name: string]: Load } = {
  run: () => import('./commands/run.ts'),
  dev: () => import('./commands/dev.ts'),
  map: () => import('./commands/map.ts'),
  send: () => import('./commands/send.ts'),
  tail: () => import('./commands/tail.ts'),
  search: () => import('./commands/search.ts'),
  trace: () => import('./commands/trace.ts'),
  topics: () => import('./commands/topics.ts'),
  lag: () => import('./commands/lag.ts'),
  pause: () => import('./commands/pause.ts'),
  resume: () => import('./commands/resume.ts'),
  limits: () => import('./commands/limits.ts'),
  seek: () => import('./commands/seek.ts'),
  drain: () => import('./commands/drain.ts'),
  store: () => import('./commands/store.ts'),
  dead: () => import('./commands/dead.ts'),
  admin: () => import('./commands/admin.ts'),
  audit: () => import('./commands/audit.ts'),
  journal: () => import('./commands/journal.ts'),
  bench: () => import('./commands/bench.ts'),
  doctor: () => import('./commands/doctor.ts'),
  completion: () => import('./commands/completion.ts'),
  version: () => import('./commands/version.ts'),
}
