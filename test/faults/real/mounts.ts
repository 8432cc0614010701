/** File systems that a row mounts for itself, and that go with it, however it ends. */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

const mounted: string[] = []
process.on('exit', () => {
  for (const dir of mounted.toReversed()) unmount(dir)
})

/** Mounts a file system in memory, such as `size=16m,nr_inodes=100`. */
export function mountTmpfs(dir: string, options: string): void {
  mkdirSync(dir, { recursive: true })
  mount(['-t', 'tmpfs', '-o', options, 'tmpfs', dir], dir)
}

/** Runs `mount` with these words; what it mounts on `dir` is unmounted at the latest when this process ends. It needs root. */
export function mount(words: readonly string[], dir: string): void {
  execFileSync('mount', words, { stdio: ['ignore', 'ignore', 'pipe'] })
  mounted.push(dir)
}

/** What is still open there keeps working, unseen, until it is closed. */
export function unmount(dir: string): void {
  const at = mounted.indexOf(dir)
  if (at === -1) return
  mounted.splice(at, 1)
  execFileSync('umount', ['--lazy', dir], { stdio: ['ignore', 'ignore', 'pipe'] })
}
