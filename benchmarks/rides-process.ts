/**
 * Started by `backlog` and `trace` with a folder, the package, how many events, and what to do: `fill` sends them while the last stop holds
 * all that it is given, and then waits to be killed; `drain` starts over what was left and handles it; `ride` does both at once. Says on
 * stdout when it is done, in how much memory, and three ids of what it sent: of the first, of the middle, of the last.
 */
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { appName, campaignApp } from './campaign-app.ts'
import type { Library } from './campaign-app.ts'
import { contactOf, deliveredOf, timeOf } from './contact.ts'
import { sendAll } from './load.ts'
import { Finish, metered } from './meter.ts'

export type Task = 'fill' | 'drain' | 'ride'

/** What a process says when it is done. */
export interface Done {
  /** The most memory that it had. */
  readonly rssMb: number
  readonly ids: readonly string[]
}

const [dir, packageUrl, count, task] = process.argv.slice(2) as [string, string, string, Task]
const events = Number(count)
const library: Library = await import(packageUrl)
// All is kept: a topic of so many events is larger than the default lets what is consumed be.
const bus = library.embedded({ dir, retention: { bytesMax: Infinity } })
// Rides that are dropped on the way end while they are sent, and only the others wait to be drained.
const finish = new Finish(task === 'drain' ? deliveredOf(events) : events, () => {})
const held = new Promise<void>(() => {})
const app = campaignApp(library, () => (task === 'fill' ? held : undefined))
const running = await app.start({ bus: metered(bus, `${appName}.ended`, finish.onEnded) })
const shown = new Set([0, Math.floor(events / 2), events - 1])
const ids: string[] = []
if (task !== 'drain')
  await sendAll(events, async (index) => {
    const { id } = await running.send('contacts', contactOf(index), { time: timeOf(index) })
    if (shown.has(index)) ids.push(id)
  })
if (task !== 'fill') await finish.done
const done: Done = { rssMb: Math.round(process.resourceUsage().maxRSS / 1024), ids }
writeSync(1, `${JSON.stringify(done)}\n`)
if (task === 'fill') await sleep(60_000)
await running.stop()
