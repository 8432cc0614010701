/** What of a folder's files a disk would still have, had the power failed: only what a sync that succeeded has covered. Told from a log of strace with its writes and syncs. */
import { existsSync, statSync, truncateSync } from 'node:fs'
import { callsIn } from './strace.ts'

/**
 * Cuts every file of the folder `was`, of which `is` is a copy, back to what was synced; what was synced after the first call that strace answered with an error does not
 * count. The log must have the whole life of every file.
 */
export function cutToSynced(log: string, { was, is }: { readonly was: string; readonly is: string }): void {
  const written = new Map<string, number>()
  const synced = new Map<string, number>()
  let isBroken = false
  for (const { name, args, result, isInjected } of callsIn(log)) {
    isBroken ||= isInjected
    const path = /^\d+<([^>]*)>/.exec(args)?.[1]
    if (path === undefined || !path.startsWith(`${was}/`)) continue
    const at = Number(args.slice(args.lastIndexOf(',') + 1))
    const count = Number(result)
    if (name === 'fdatasync' || name === 'fsync') {
      if (count === 0 && !isBroken) synced.set(path, written.get(path) ?? 0)
    } else if (name === 'ftruncate') {
      if (count === 0) written.set(path, Math.min(written.get(path) ?? 0, at))
    } else if (count > 0) written.set(path, Math.max(written.get(path) ?? 0, at + count))
  }
  for (const path of written.keys()) {
    const copy = is + path.slice(was.length)
    const kept = synced.get(path) ?? 0
    if (existsSync(copy) && statSync(copy).size > kept) truncateSync(copy, kept)
  }
}
