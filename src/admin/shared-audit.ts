/** The audit log of a file in this process: the socket, the console and the port of an app write to the same one, and a chain has one writer. */
import { resolve } from 'node:path'
import type { Log } from '../internal/log.ts'
import { nodeDisk } from '../internal/platform/node-disk.ts'
import { nodeClock } from '../internal/platform/node.ts'
import { AuditLog } from './audit.ts'

interface Shared {
  readonly log: AuditLog
  holders: number
}

/** A log for as long as it is held. */
export interface HeldAudit {
  readonly log: AuditLog
  release(): Promise<void>
}

const open: Map<string, Shared> = new Map()

/** A log that is closed when all that hold it have let it go. The first of them says where it is told of. */
export function holdAudit(path: string, told?: Log): HeldAudit {
  const name = resolve(path)
  const shared = open.get(name) ?? { log: new AuditLog(nodeDisk, nodeClock, name, told), holders: 0 }
  open.set(name, shared)
  shared.holders++
  let isHeld = true
  return {
    log: shared.log,
    async release() {
      if (!isHeld) return
      isHeld = false
      if (--shared.holders > 0) return
      open.delete(name)
      await shared.log.close()
    },
  }
}

/** Beside the socket file of an app, or the folder that it would stand in. */
export const auditBeside = (socket: string): string => `${socket.replace(/\.sock$/, '')}.audit.ndjson`
