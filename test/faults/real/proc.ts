/** What the kernel tells of a process, and groups in which it holds processes to limits. */
import { mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** With much memory Node lets garbage lie for long, so that growth cannot be told from it. */
export const smallHeap = ['--max-old-space-size=128', '--max-semi-space-size=2']

/** Resident memory in MiB; 0 when the process is gone. */
export function rssMiB(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** Open file descriptors; 0 when the process is gone. */
export function descriptors(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return 0
  }
}

/** A control group of the first version, such as `memory` with `memory.limit_in_bytes`. It needs root. */
export class ControlGroup {
  readonly #dir: string

  constructor(controller: 'memory' | 'pids', limits: Readonly<Record<string, string | number>>) {
    this.#dir = join('/sys/fs/cgroup', controller, `metrobus-faults-${process.pid}-${made++}`)
    mkdirSync(this.#dir)
    for (const [name, value] of Object.entries(limits)) writeFileSync(join(this.#dir, name), String(value))
  }

  /** Words to put before a command, so that it runs in the group from its beginning. */
  get before(): readonly string[] {
    return ['sh', '-c', `echo $$ > ${this.#dir}/tasks && exec "$@"`, 'sh']
  }

  /** When nothing runs in it any more. */
  remove(): void {
    rmdirSync(this.#dir)
  }
}

let made = 0
